//! HTTP/1.1 as RFC 9110 and RFC 9112 have it, read without a line of the crate's: slowly, and with every rule for senders
//! that the bytes of one direction can break.

/// A message, or as much of it as was sent.
#[derive(Debug, PartialEq)]
pub(crate) struct Message {
    pub(crate) line: [Vec<u8>; 3],
    pub(crate) fields: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) content: Vec<u8>,
    pub(crate) trailers: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) framing: Framing,
    pub(crate) is_whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Framing {
    Nothing,
    Length(u64),
    Chunks,
    Close,
}

/// What a response answers.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    pub(crate) is_11: bool,
    pub(crate) offers: Vec<&'static str>,
}

type Read<T> = Result<T, String>;

impl Message {
    fn head(input: &[u8], is_response: bool) -> Read<(Self, &[u8])> {
        let end = find(input, b"\r\n\r\n").ok_or("no end of the head")?;
        let (head, rest) = input.split_at(end);
        let mut lines = split(head, b"\r\n").into_iter();
        let first = lines.next().ok_or("no first line")?;
        let mut parts = first.splitn(3, |&byte| byte == b' ').map(<[u8]>::to_vec);
        let line = [(); 3].map(|()| parts.next().unwrap_or_default());
        if !is_response && line[2].contains(&b' ') {
            return Err("a fourth part in a request line".into());
        }
        let mut fields = Vec::new();
        for line in lines {
            fields.push(field(line)?);
        }
        let message = Self {
            line,
            fields,
            content: Vec::new(),
            trailers: Vec::new(),
            framing: Framing::Nothing,
            is_whole: false,
        };
        Ok((message, rest.get(4..).unwrap_or_default()))
    }

    fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s [u8]> {
        self.fields
            .iter()
            .filter(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.as_slice())
    }

    /// The elements of a list field, in lower case.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.all(name)
            .flat_map(|value| value.split(|&byte| byte == b','))
            .map(|element| String::from_utf8_lossy(element.trim_ascii()).to_lowercase())
            .filter(|element| !element.is_empty())
            .collect()
    }

    /// Whether the sender goes on after this message.
    pub(crate) fn persists(&self, is_11: bool) -> bool {
        let options = self.list("connection");
        let has = |option: &str| options.iter().any(|it| it == option);
        !has("close") && (is_11 || has("keep-alive")) && self.framing != Framing::Close
    }

    /// RFC 9112 section 6: the lengths that the fields state.
    fn stated(&self, is_11: bool) -> Read<Option<Framing>> {
        let lengths: Vec<_> = self.all("content-length").collect();
        let codings: Vec<_> = self.all("transfer-encoding").collect();
        match (&lengths[..], &codings[..]) {
            ([], []) => Ok(None),
            ([length], []) => {
                let digits = core::str::from_utf8(length).ok();
                let digits = digits.filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()));
                let length = digits.and_then(|digits| digits.parse().ok());
                Ok(Some(Framing::Length(
                    length.ok_or("a length that is no number")?,
                )))
            }
            ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") && is_11 => {
                Ok(Some(Framing::Chunks))
            }
            _ => Err(format!("{lengths:?} and {codings:?}")),
        }
    }

    /// What RFC 9110 says of the fields in any message.
    fn hops(&self) -> Read<()> {
        let options = self.list("connection");
        for (name, option) in [("upgrade", "upgrade"), ("te", "te")] {
            if self.all(name).next().is_some() && !options.iter().any(|it| it == option) {
                return Err(format!("{name} without its option"));
            }
        }
        if self.list("te").iter().any(|coding| coding == "chunked") {
            return Err("chunked in te".into());
        }
        for option in options {
            let for_all = [
                "content-length",
                "host",
                "cookie",
                "cache-control",
                "date",
                "authorization",
            ];
            if for_all.contains(&option.as_str()) {
                return Err(format!("a connection option {option}"));
            }
        }
        Ok(())
    }

    /// Reads the content, to its end or to that of the input.
    pub(crate) fn body<'a>(&mut self, mut input: &'a [u8], is_at_close: bool) -> Read<&'a [u8]> {
        match self.framing {
            Framing::Nothing => self.is_whole = true,
            Framing::Length(length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let (content, rest) = input.split_at(length.min(input.len()));
                (self.content, input) = (content.to_vec(), rest);
                self.is_whole = content.len() == length;
            }
            Framing::Close => {
                (self.content, input) = (input.to_vec(), &[]);
                self.is_whole = is_at_close;
            }
            Framing::Chunks => loop {
                if input.is_empty() {
                    break;
                }
                let end = find(input, b"\r\n").ok_or("no end of a chunk's line")?;
                let (size, rest) = input.split_at(end);
                let size = core::str::from_utf8(size).map_err(|error| error.to_string())?;
                let size = usize::from_str_radix(size, 16).map_err(|error| error.to_string())?;
                let rest = rest.get(2..).unwrap_or_default();
                if size == 0 {
                    let end = if rest.starts_with(b"\r\n") {
                        0
                    } else {
                        find(rest, b"\r\n\r\n").ok_or("no end of the trailers")? + 2
                    };
                    let (section, rest) = rest.split_at(end);
                    for line in split(section, b"\r\n")
                        .into_iter()
                        .filter(|it| !it.is_empty())
                    {
                        self.trailers.push(field(line)?);
                    }
                    input = rest.get(2..).unwrap_or_default();
                    self.is_whole = true;
                    break;
                }
                let content = rest.get(..size).ok_or("a chunk is cut")?;
                self.content.extend_from_slice(content);
                let after = rest.get(size..).unwrap_or_default();
                input = after.strip_prefix(b"\r\n").ok_or("no end of a chunk")?;
            },
        }
        Ok(input)
    }
}

/// A request at the start of the input, and what follows it.
pub(crate) fn request(input: &[u8]) -> Read<(Message, &[u8])> {
    let (mut message, rest) = Message::head(input, false)?;
    let [method, target, version] = &message.line;
    let is_11 = version_of(version)?;
    if !is_token(method) {
        return Err("a method that is no token".into());
    }
    let authority = authority_of(method, target)?;
    let hosts: Vec<_> = message.all("host").collect();
    match hosts[..] {
        [] if !is_11 => {}
        [host] => {
            let text = String::from_utf8_lossy(host).to_lowercase();
            if !host
                .iter()
                .all(|&byte| is_uri(byte) && !b"/?@".contains(&byte))
            {
                return Err(format!("host {text}"));
            }
            if authority.is_some_and(|authority| authority != without_port_80(&text)) {
                return Err(format!("host {text} beside another authority"));
            }
            // The port of a tunnel's target may be missing from the URI, and so from Host: RFC 9112 section 3.2.3.
            let target = String::from_utf8_lossy(target).to_lowercase();
            let rest = target.strip_prefix(&text).unwrap_or("another");
            let is_port = rest.is_empty() || rest.starts_with(':') || text.ends_with(':');
            if method == b"CONNECT" && (text.is_empty() || !is_port) {
                return Err(format!("host {text} beside {target}"));
            }
        }
        _ => return Err(format!("{} hosts", hosts.len())),
    }
    message.framing = message.stated(is_11)?.unwrap_or(Framing::Nothing);
    let has_content = !matches!(message.framing, Framing::Nothing | Framing::Length(0));
    if has_content && matches!(&method[..], b"TRACE" | b"CONNECT") {
        return Err("content in trace or connect".into());
    }
    if !has_content && message.list("expect").iter().any(|it| it == "100-continue") {
        return Err("100-continue without content".into());
    }
    message.hops()?;
    let rest = message.body(rest, false)?;
    Ok((message, rest))
}

/// A response at the start of the input, and what follows it.
pub(crate) fn response<'a>(
    input: &'a [u8],
    asked: &Asked,
    is_at_close: bool,
) -> Read<(Message, &'a [u8])> {
    let (mut message, rest) = Message::head(input, true)?;
    let [version, status, reason] = &message.line;
    let is_11 = version_of(version)?;
    if status.len() != 3 || !status.iter().all(u8::is_ascii_digit) || status[0] == b'0' {
        return Err("a status that is none".into());
    }
    if !reason.iter().all(|&byte| is_text(byte)) {
        return Err("a control byte in the reason".into());
    }
    let status: u16 = String::from_utf8_lossy(status).parse().unwrap_or(0);
    let stated = message.stated(is_11)?;
    if stated == Some(Framing::Chunks) && !asked.is_11 {
        return Err("a coding to http/1.0".into());
    }
    let opens_tunnel = asked.method == "CONNECT" && (200..300).contains(&status);
    if stated.is_some() && (status < 200 || status == 204 || opens_tunnel) {
        return Err(format!("{stated:?} in {status}"));
    }
    if status < 200 && !(is_11 && asked.is_11) {
        return Err("an interim response to or in http/1.0".into());
    }
    let upgrade = message.list("upgrade");
    if matches!(status, 101 | 426) && upgrade.is_empty() {
        return Err("no upgrade".into());
    }
    if status == 101 && !upgrade.iter().all(|it| asked.offers.contains(&it.as_str())) {
        return Err(format!("a switch to {upgrade:?}"));
    }
    message.hops()?;
    let has_none =
        status < 200 || matches!(status, 204 | 304) || opens_tunnel || asked.method == "HEAD";
    message.framing = if has_none {
        Framing::Nothing
    } else {
        stated.unwrap_or(Framing::Close)
    };
    if status == 205 && !has_none && message.framing != Framing::Length(0) {
        return Err(format!("{:?} in 205", message.framing));
    }
    let rest = message.body(rest, is_at_close)?;
    Ok((message, rest))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn split<'a>(mut bytes: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = find(bytes, by) {
        parts.push(&bytes[..at]);
        bytes = &bytes[at + by.len()..];
    }
    parts.push(bytes);
    parts
}

fn field(line: &[u8]) -> Read<(Vec<u8>, Vec<u8>)> {
    let colon = line
        .iter()
        .position(|&byte| byte == b':')
        .ok_or("no colon")?;
    let (name, value) = line.split_at(colon);
    let value = value[1..].trim_ascii();
    if !is_token(name) || !value.iter().all(|&byte| is_text(byte)) {
        return Err(format!("a field {}", line.escape_ascii()));
    }
    Ok((name.to_vec(), value.to_vec()))
}

fn version_of(version: &[u8]) -> Read<bool> {
    match version {
        b"HTTP/1.0" => Ok(false),
        b"HTTP/1.1" => Ok(true),
        _ => Err(format!("version {}", version.escape_ascii())),
    }
}

fn is_token(text: &[u8]) -> bool {
    let is_tchar = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_tchar)
}

fn is_text(byte: u8) -> bool {
    byte == b'\t' || byte >= b' ' && byte != 0x7f
}

/// RFC 3986: unreserved, reserved without `#`, and the percent sign.
fn is_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte)
}

/// Checks the target of a request by its four forms; the authority of an absolute one.
fn authority_of(method: &[u8], target: &[u8]) -> Read<Option<String>> {
    let (path, query) = match target.iter().position(|&byte| byte == b'?') {
        Some(at) => target.split_at(at),
        None => (target, &[][..]),
    };
    let is_sound = path
        .iter()
        .all(|&byte| is_uri(byte) || b"^|".contains(&byte))
        && query
            .iter()
            .all(|&byte| is_uri(byte) || b"^|\\`{}".contains(&byte));
    let text = String::from_utf8_lossy(target).to_lowercase();
    let wrong = || format!("target {text}");
    if !is_sound {
        return Err(wrong());
    }
    match target {
        _ if method == b"CONNECT" => {
            let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
            let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
            if host.is_empty() || !is_port || text.contains(['/', '?', '@']) {
                return Err(wrong());
            }
            Ok(None)
        }
        [b'/', ..] => Ok(None),
        b"*" if method == b"OPTIONS" => Ok(None),
        _ => {
            let (scheme, rest) = text.split_once(':').ok_or_else(wrong)?;
            let is_scheme = scheme.starts_with(|byte: char| byte.is_ascii_lowercase())
                && scheme
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
            let authority = rest.strip_prefix("//").map(|rest| {
                let end = rest.find(['/', '?']).unwrap_or(rest.len());
                rest.split_at(end).0
            });
            let is_http = matches!(scheme, "http" | "https");
            if !is_scheme
                || authority.is_some_and(|it| it.contains('@'))
                || is_http && authority.is_none_or(|it| it.is_empty() || it.starts_with(':'))
            {
                return Err(wrong());
            }
            Ok(authority.filter(|_| scheme == "http").map(without_port_80))
        }
    }
}

fn without_port_80(authority: &str) -> String {
    let authority = authority.strip_suffix(":80").unwrap_or(authority);
    authority.strip_suffix(':').unwrap_or(authority).into()
}
