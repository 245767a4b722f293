#![doc = include_str!("../docs/specification.md")]

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use crate::{Answer, Direction, Environ, ErrorKind, Modifier1, Packet, Quirks, Vars};

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
            match u8::from_str_radix(word, 16) {
                Ok(byte) if word.len() == 2 => bytes.push(byte),
                _ => bytes.extend_from_slice(word.as_bytes()),
            }
        }
        bytes
    }

    #[test]
    fn the_vectors_are_packets() {
        let (_, table) = PAGE.split_once("# 9. Test vectors").unwrap();
        let vectors: Vec<Vec<u8>> = table
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|text| text.contains(' '))
            .map(vector)
            .collect();
        assert_eq!(vectors.len(), 6);
        for vector in &vectors {
            assert_eq!(
                Packet::parse(vector).unwrap().1,
                vector.len(),
                "{:?}",
                String::from_utf8_lossy(vector)
            );
        }
        let answers: Vec<_> = vectors[3..5]
            .iter()
            .map(|vector| Answer::parse(Packet::parse(vector).unwrap().0).unwrap())
            .collect();
        assert_eq!(answers, [Answer::Pong, Answer::Yes]);
        let resync = vector("ff 7f 09 00 PATH_INFO 02 00 /x");
        assert_eq!(
            Vars::parse_with(&resync, Quirks::RESYNC)
                .unwrap()
                .get(b"PATH_INFO"),
            Some(&b"/x"[..])
        );
    }
}
