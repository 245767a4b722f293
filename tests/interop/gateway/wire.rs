//! Reads messages as strictly as the gateway is to write them, by code that shares nothing with it.

/// A message that is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// The request line or the status line.
    pub(super) start: String,
    pub(super) fields: Vec<(String, String)>,
    pub(super) content: Vec<u8>,
}

impl Message {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let mut found = self
            .fields
            .iter()
            .filter(|(it, _)| it.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| &**value)
    }

    /// The status of a response.
    pub(super) fn status(&self) -> u16 {
        let status = self.start.split(' ').nth(1).and_then(|it| it.parse().ok());
        status.unwrap_or_else(|| panic!("{}", self.start))
    }
}

/// Why bytes are no message.
pub(super) type Wrong = String;

/// The first message and its length; none where it is cut. `is_bare` is a response without content, whatever its fields say.
pub(super) fn read(input: &[u8], is_bare: bool) -> Result<Option<(Message, usize)>, Wrong> {
    let Some(head_len) = find(input, b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = &input[..head_len];
    let mut lines = split(head)?.into_iter();
    let start = lines.next().unwrap_or_default();
    let fields: Vec<(String, String)> = lines.map(|line| field(&line)).collect::<Result<_, _>>()?;
    let mut message = Message {
        start,
        fields,
        content: Vec::new(),
    };
    let body = &input[head_len + 4..];
    let used = match (
        message.only("content-length")?,
        message.only("transfer-encoding")?,
    ) {
        (Some(_), Some(_)) => return Err("two ways to end".into()),
        _ if is_bare => 0,
        (Some(len), None) => {
            let is_number = !len.is_empty() && len.bytes().all(|byte| byte.is_ascii_digit());
            let len: usize = len.parse().map_err(|_| format!("length {len}"))?;
            match body.get(..len) {
                Some(content) if is_number => message.content = content.to_vec(),
                _ => return Ok(None),
            }
            len
        }
        (None, Some("chunked")) => match chunks(body, &mut message.content)? {
            Some(len) => len,
            None => return Ok(None),
        },
        (None, Some(other)) => return Err(format!("coding {other}")),
        (None, None) => 0,
    };
    Ok(Some((message, head_len + 4 + used)))
}

/// The next response to this method that is not interim; none where it is cut.
pub(super) fn final_response(rest: &mut &[u8], method: &str) -> Result<Option<Message>, Wrong> {
    loop {
        let status = rest.get(9..12).unwrap_or_default();
        let is_bare = status.starts_with(b"1") || status == b"204" || status == b"304";
        let Some((message, used)) = read(rest, is_bare || method == "HEAD")? else {
            return Ok(None);
        };
        *rest = &rest[used..];
        if message.status() >= 200 {
            return Ok(Some(message));
        }
    }
}

impl Message {
    fn only(&self, name: &str) -> Result<Option<&str>, Wrong> {
        let count = self
            .fields
            .iter()
            .filter(|(it, _)| it.eq_ignore_ascii_case(name));
        match count.count() {
            0 | 1 => Ok(self.field(name)),
            _ => Err(format!("{name} twice")),
        }
    }
}

/// The content of chunks, and how long these are.
fn chunks(input: &[u8], content: &mut Vec<u8>) -> Result<Option<usize>, Wrong> {
    let mut at = 0;
    loop {
        let Some(line_len) = find(&input[at..], b"\r\n") else {
            return Ok(None);
        };
        let size = String::from_utf8_lossy(&input[at..at + line_len]).into_owned();
        let size = usize::from_str_radix(&size, 16).map_err(|_| format!("chunk size {size}"))?;
        at += line_len + 2;
        if size == 0 {
            // Trailers end as a head does; none are an empty line.
            let rest = &input[at - 2..];
            let Some(len) = find(rest, b"\r\n\r\n") else {
                return Ok(None);
            };
            for line in split(&rest[..len])?.iter().skip(1) {
                field(line)?;
            }
            return Ok(Some(at - 2 + len + 4));
        }
        match (
            input.get(at..at + size),
            input.get(at + size..at + size + 2),
        ) {
            (Some(data), Some(b"\r\n")) => content.extend_from_slice(data),
            (Some(_), Some(_)) => return Err("data longer than its chunk".into()),
            _ => return Ok(None),
        }
        at += size + 2;
    }
}

/// Lines between CR LF, without any other control.
fn split(head: &[u8]) -> Result<Vec<String>, Wrong> {
    let text: String = head.iter().map(|byte| char::from(*byte)).collect();
    let lines = text.split("\r\n").map(|line| {
        match line.bytes().any(|byte| byte < b' ' && byte != b'\t') {
            true => Err(format!("control in {line:?}")),
            false => Ok(line.to_owned()),
        }
    });
    lines.collect()
}

fn field(line: &str) -> Result<(String, String), Wrong> {
    let (name, value) = line
        .split_once(": ")
        .or_else(|| line.split_once(':'))
        .ok_or(line)?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    match !name.is_empty() && name.bytes().all(is_token) {
        true => Ok((name.into(), value.trim().into())),
        false => Err(format!("name {name:?}")),
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
