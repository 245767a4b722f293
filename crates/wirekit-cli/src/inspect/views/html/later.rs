//! What of a long page waits until somebody comes near it.

use std::io;

/// An element of the page that stands by itself.
pub(super) struct Block<'a> {
    pub(super) name: &'a str,
    pub(super) attributes: &'a str,
    /// What it takes of the page, about.
    pub(super) height: u32,
    /// What is there from the beginning.
    pub(super) head: &'a [u8],
    pub(super) body: &'a [u8],
}

/// Writes the first blocks plainly, and further ones so that they cost a browser next to nothing until they are looked at.
///
/// They stand in `noscript`: a browser that runs the page's script reads that as one text, which the script puts in its place
/// when it is wanted; one that runs none reads it as what it is.
#[derive(Debug)]
pub(super) struct Later {
    /// Bytes that are still written plainly.
    plain_len: usize,
}

impl Later {
    pub(super) const fn after(plain_len: usize) -> Self {
        Self { plain_len }
    }

    pub(super) fn write(&mut self, block: &Block<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        let &Block {
            name,
            attributes,
            height,
            head,
            body,
        } = block;
        let is_plain = body.len() <= self.plain_len;
        self.plain_len = self.plain_len.saturating_sub(body.len());
        let (class, begin, end) = match is_plain {
            true => ("", "", ""),
            false => (" later", "<noscript>", "</noscript>"),
        };
        write!(
            out,
            "<{name}{attributes} class=\"block{class}\" style=\"--height:{height}px\">"
        )?;
        out.write_all(head)?;
        writeln!(out, "{begin}")?;
        out.write_all(body)?;
        writeln!(out, "{end}</{name}>")
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Later};

    #[test]
    fn what_goes_beyond_waits() {
        let mut later = Later::after(10);
        let mut written = Vec::new();
        for body in ["123456", "7890", "x"] {
            let block = Block {
                name: "div",
                attributes: "",
                height: 20,
                head: b"",
                body: body.as_bytes(),
            };
            later.write(&block, &mut written).expect("memory");
        }
        assert_eq!(
            String::from_utf8_lossy(&written),
            "<div class=\"block\" style=\"--height:20px\">\n123456</div>\n\
             <div class=\"block\" style=\"--height:20px\">\n7890</div>\n\
             <div class=\"block later\" style=\"--height:20px\"><noscript>\nx</noscript></div>\n"
        );
    }
}
