#![doc = include_str!("../docs/specification.md")]

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use crate::control::Answer;
    use crate::rpc::{self, Call};
    use crate::server::{Config, Decoder, Environ, Event};
    use crate::subscription::Subscription;
    use crate::{Block, Direction, ErrorKind, Modifier1, Packet, Quirks, cache};

    const PAGE: &str = include_str!("../docs/specification.md");

    /// The rows of the table behind a line.
    fn rows(title: &str) -> Vec<(u8, &'static str)> {
        let (_, table) = PAGE.split_once(title).unwrap();
        let rows = table
            .trim_start()
            .lines()
            .skip(2)
            .take_while(|line| line.starts_with('|'));
        rows.map(|row| {
            let mut cells = row.trim_matches('|').split('|').map(str::trim);
            (
                cells.next().unwrap().parse().unwrap(),
                cells.next().unwrap(),
            )
        })
        .collect()
    }

    #[test]
    fn the_page_lists_the_registry() {
        for (title, direction, numbers) in [
            ("In requests:", Direction::Request, Modifier1::REQUESTS),
            ("In answers:", Direction::Response, Modifier1::RESPONSES),
        ] {
            let ours: Vec<_> = numbers
                .iter()
                .map(|number| (number.0, number.name(direction).unwrap()))
                .collect();
            assert_eq!(rows(title), ours);
        }
    }

    #[test]
    fn every_rule_has_its_section() {
        for kind in ErrorKind::ALL {
            let Some(section) = kind
                .spec()
                .strip_prefix("wirekit-uwsgi specification section ")
            else {
                continue;
            };
            let is_there = PAGE.lines().any(|line| {
                let title = line.trim_start_matches('#').trim_start();
                line.starts_with('#') && title.trim_start_matches(section) != title
            });
            assert!(is_there, "{}: section {section}", kind.as_str());
        }
    }

    #[test]
    fn the_required_variables_stand_on_the_page() {
        let (_, section) = PAGE.split_once("## 4.1").unwrap();
        let (section, _) = section.split_once("## 4.2").unwrap();
        assert!(
            Environ::REQUIRED
                .iter()
                .all(|key| section.contains(key.as_str()))
        );
    }

    /// Pairs of hexadecimal digits are bytes, other words are text.
    fn vector(text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in text.split(' ') {
            let is_byte = word.len() == 2 && word.bytes().all(|digit| digit.is_ascii_hexdigit());
            match u8::from_str_radix(word, 16) {
                Ok(byte) if is_byte => bytes.push(byte),
                _ => bytes.extend_from_slice(word.as_bytes()),
            }
        }
        bytes
    }

    /// What the strict decoder says, as the page has it.
    fn reading(vector: &[u8]) -> String {
        match Decoder::new(Config::DEFAULT).receive(vector) {
            Ok(Some((Event::Request(_), used))) if used == vector.len() => "request".into(),
            Ok(Some((Event::Packet(_), used))) if used == vector.len() => "packet".into(),
            Ok(other) => std::format!("{other:?}"),
            Err(error) => std::format!("{} at {}", error.kind().as_str(), error.offset()),
        }
    }

    #[test]
    fn the_vectors_read_as_the_page_says() {
        let (_, table) = PAGE.split_once("# 9. Test vectors").unwrap();
        let rows: Vec<(Vec<u8>, &str)> = table
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| {
                let mut cells = line.trim_matches('|').split('|').map(str::trim);
                let bytes = vector(cells.next().unwrap().trim_matches('`'));
                (bytes, cells.nth(1).unwrap())
            })
            .collect();
        assert_eq!(rows.len(), 22);
        for (vector, expected) in &rows {
            assert_eq!(reading(vector), *expected, "{}", vector.escape_ascii());
        }
        let packet = |start: &[u8]| {
            let (vector, _) = rows
                .iter()
                .find(|(vector, _)| vector.starts_with(start))
                .unwrap();
            Packet::parse(vector).unwrap().0
        };
        assert_eq!(Answer::parse(packet(b"\x64\0\0\x01")), Ok(Answer::Pong));
        assert_eq!(Answer::parse(packet(b"\xff\0\0\x01")), Ok(Answer::Yes));
        assert_eq!(Answer::parse(packet(b"\xff\0\0\0")), Ok(Answer::No));
        let call = Call::parse(packet(b"\xad\x0a")).unwrap();
        assert_eq!(call.function(), b"hello");
        let long = packet(b"\xad\x17").as_bytes();
        assert_eq!(
            rpc::Reply::parse(long),
            Ok(Some((rpc::Reply::Long { len: 70_000 }, long.len())))
        );
        let (reply, _) = cache::Reply::parse(packet(b"\x6f\x15").as_bytes())
            .unwrap()
            .unwrap();
        assert_eq!((reply.is_ok(), reply.size()), (true, 2));
        let subscription = Subscription::parse(packet(b"\xe0").as_bytes()).unwrap();
        assert!(subscription.ends() && subscription.key() == b"a");
        let resync = packet(b"\0\x11").vars_with(Quirks::RESYNC).unwrap();
        assert_eq!(resync.get(b"PATH_INFO"), Some(&b"/x"[..]));
        assert!(packet(b"\0\x05").vars_with(Quirks::EMPTY_KEY).is_ok());
    }

    /// The numbers that a table's cell names, such as `5 to 9, 11`.
    fn numbers(cell: &str) -> Vec<u8> {
        let ranges = cell.split(',').map(|range| {
            let mut ends = range.split(" to ").map(|end| end.trim().parse::<u8>());
            let first = ends.next()?.ok()?;
            let last = ends.next().unwrap_or(Ok(first)).ok()?;
            Some(first..=last)
        });
        ranges.flatten().flatten().collect()
    }

    /// Every kind of packet that a request can be is explained: in a section of its own, or in the table of the others,
    /// with the block that the registry says.
    #[test]
    fn every_modifier_of_a_request_is_explained() {
        let (_, section) = PAGE.split_once("# 7. Other packets").unwrap();
        let (section, _) = section.split_once("# 8.").unwrap();
        let (sections, table) = section.split_once("## 7.7").unwrap();
        let rows: Vec<(Vec<u8>, &str)> = table
            .lines()
            .filter_map(|line| line.strip_prefix('|')?.split_once('|'))
            .map(|(cell, meaning)| (numbers(cell), meaning.trim_start()))
            .collect();
        for modifier in Modifier1::REQUESTS {
            let mut listed = rows
                .iter()
                .filter(|(numbers, _)| numbers.contains(&modifier.0));
            let (row, again) = (listed.next(), listed.next());
            let is_explained = sections
                .split(|letter: char| !letter.is_ascii_digit())
                .any(|word| word.parse() == Ok(modifier.0));
            match (row, again) {
                (Some((_, meaning)), None) => {
                    let says_request = meaning.starts_with("a request's variables");
                    let is_request = modifier.block(Direction::Request) == Block::Request;
                    assert_eq!(says_request, is_request, "{modifier:?}");
                }
                (None, _) => assert!(is_explained || *modifier == Modifier1::WSGI),
                (Some(_), Some(_)) => panic!("{modifier:?} is there twice"),
            }
        }
    }
}
