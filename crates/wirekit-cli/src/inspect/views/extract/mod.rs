//! `--extract DIR`: what messages and streams carried, a file each.

mod targets;

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use wirekit::tcp::track::Side;

use targets::Targets;

use super::view::{Output, View};
use crate::events::{Message, Pairs, latin1};
use crate::inspect::capture::Time;
use crate::inspect::conversation::connection::{Connection, Observed};
use crate::inspect::conversation::depth::Depth;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::tale::{Tale, What};
use crate::inspect::conversation::totals::Totals;
use crate::inspect::layers::packet::Packet;
use crate::inspect::text::json::Object;
use crate::inspect::views::codings::{Coding, Content, Fault, MAX_FILE_LEN, decoders_len};

/// Memory that the decoders of all content may take: they wait for its end as long as a connection does.
const MAX_DECODERS_LEN: usize = 1 << 30;

/// Hands everything on to a view, and writes the files beside.
#[derive(Debug)]
pub(crate) struct Extract<V> {
    view: V,
    files: Option<Files>,
}

impl<V> Extract<V> {
    pub(crate) fn new(view: V, files: Option<Files>) -> Self {
        Self { view, files }
    }
}

/// Whether content is written as it was before it was coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codings {
    TakenOff,
    Kept,
}

/// The folder that is filled.
#[derive(Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    index: io::BufWriter<fs::File>,
    filter: Filter,
    codings: Codings,
    count: u64,
    /// Memory that decoders may take by now.
    decoders_len: usize,
    open: HashMap<(u64, Side), Open>,
    heads: HashMap<(u64, Side), Head>,
    targets: Targets,
}

/// What the current message's head says of its content.
#[derive(Clone, Debug, Default)]
struct Head {
    target: Option<Vec<u8>>,
    content_type: Option<Vec<u8>>,
    content_encoding: Vec<u8>,
}

/// A file that is being written.
#[derive(Debug)]
struct Open {
    kind: &'static str,
    name: String,
    content: Content,
    /// Its codings are left, for want of room.
    is_left_coded: bool,
    head: Head,
    packets: (u64, u64),
}

impl Files {
    /// Fills a folder, which must be empty or new. At most so many bytes of targets wait for their answers.
    pub(crate) fn new(
        folder: &Path,
        filter: Filter,
        codings: Codings,
        max_targets_len: usize,
    ) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        if fs::read_dir(folder)?.next().is_some() {
            let words = "the folder is not empty";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, words));
        }
        let index = fs::File::create(folder.join("index.jsonl"))?;
        Ok(Self {
            folder: folder.to_owned(),
            index: io::BufWriter::new(index),
            filter,
            codings,
            count: 0,
            decoders_len: 0,
            open: HashMap::new(),
            heads: HashMap::new(),
            targets: Targets::new(max_targets_len),
        })
    }

    fn take(&mut self, connection: &Connection, tale: &Tale) -> io::Result<()> {
        if connection.is_kept(&self.filter) != Some(true) {
            return Ok(());
        }
        let key = (connection.number, tale.from);
        match &tale.what {
            What::Message { event, .. } => self.message(key, tale.packet, event.message()),
            What::Data { bytes, .. } => self.piece(key, "stream", tale.packet, bytes),
            What::Gap { .. } => self.end(key, false),
            _ => Ok(()),
        }
    }

    fn message(&mut self, key: (u64, Side), packet: u64, message: &Message) -> io::Result<()> {
        match message {
            Message::Request(request) => {
                let target = request.target.clone();
                self.targets.asked(key.0, &target);
                self.head(key, &request.fields, Some(target))
            }
            Message::Packet(packet) => {
                let target = packet.vars().and_then(|vars| vars.get("REQUEST_URI"));
                let target = target.unwrap_or_default().to_vec();
                self.targets.asked(key.0, &target);
                self.head(key, &Pairs::new(), Some(target))
            }
            Message::Response(response) => {
                let target = match response.status.is_informational() {
                    true => None,
                    false => self.targets.answered(key.0),
                };
                self.head(key, &response.fields, target)
            }
            Message::Data(data) => self.piece(key, "body", packet, data),
            Message::End(_) | Message::BodyEnd => self.end(key, true),
            Message::Content(content) => {
                self.end(key, false)?;
                self.heads.remove(&key);
                self.piece(key, content.kind_name(), packet, &content.data)?;
                self.end(key, true)
            }
            Message::Error(_) | Message::Incomplete => self.end(key, false),
            _ => Ok(()),
        }
    }

    fn head(
        &mut self,
        key: (u64, Side),
        fields: &Pairs,
        target: Option<Vec<u8>>,
    ) -> io::Result<()> {
        self.end(key, false)?;
        let head = Head {
            target,
            content_type: fields.get("content-type").map(<[u8]>::to_vec),
            content_encoding: fields.get("content-encoding").unwrap_or_default().to_vec(),
        };
        self.heads.insert(key, head);
        Ok(())
    }

    /// Adds to the file of a direction, which the first piece opens.
    fn piece(
        &mut self,
        key: (u64, Side),
        kind: &'static str,
        packet: u64,
        bytes: &[u8],
    ) -> io::Result<()> {
        if self.open.get(&key).is_some_and(|open| open.kind != kind) {
            self.end(key, false)?;
        }
        if !self.open.contains_key(&key) {
            self.count += 1;
            let head = match kind {
                "body" => self.heads.get(&key).cloned().unwrap_or_default(),
                _ => Head::default(),
            };
            let codings = match self.codings {
                Codings::TakenOff => Coding::all(&head.content_encoding).unwrap_or_default(),
                Codings::Kept => Vec::new(),
            };
            let has_room = self.decoders_len + decoders_len(&codings) <= MAX_DECODERS_LEN;
            let codings = match has_room {
                true => codings,
                false => Vec::new(),
            };
            self.decoders_len += decoders_len(&codings);
            let (connection, from) = key;
            let ending = ending(head.content_type.as_deref());
            let name = format!("{:06}-{connection}-{}.{ending}", self.count, from.as_str());
            let open = Open {
                kind,
                is_left_coded: !has_room,
                content: Content::new(self.folder.join(&name), &codings, MAX_FILE_LEN),
                name,
                head,
                packets: (packet, packet),
            };
            self.open.insert(key, open);
        }
        let Some(open) = self.open.get_mut(&key) else {
            return Ok(());
        };
        open.packets.1 = packet;
        open.content.push(bytes)
    }

    /// Closes the file of a direction, if there is one.
    fn end(&mut self, key: (u64, Side), is_complete: bool) -> io::Result<()> {
        let Some(open) = self.open.remove(&key) else {
            return Ok(());
        };
        self.decoders_len -= open.content.decoder_len();
        let (len, fault) = open.content.finish()?;
        let fault = match open.is_left_coded {
            true => Some(Fault::NoRoom),
            false => fault,
        };
        let mut line = Vec::new();
        let mut object = Object::new(&mut line);
        object
            .plain("file", &open.name)
            .number("connection", key.0)
            .plain("from", key.1.as_str())
            .number("first_packet", open.packets.0)
            .number("last_packet", open.packets.1)
            .plain("kind", open.kind);
        if let Some(target) = &open.head.target {
            object.value("target", &latin1(target));
        }
        if let Some(content_type) = &open.head.content_type {
            object.value("content_type", &latin1(content_type));
        }
        if !open.head.content_encoding.is_empty() {
            object.value("content_encoding", &latin1(&open.head.content_encoding));
            let is_known = Coding::all(&open.head.content_encoding).is_some();
            let is_decoded = is_known && self.codings == Codings::TakenOff && !open.is_left_coded;
            object.plain_value("decoded", if is_decoded { "true" } else { "false" });
        }
        object.number("len", len);
        let is_complete = is_complete && fault.is_none();
        object.plain_value("complete", if is_complete { "true" } else { "false" });
        if let Some(fault) = fault {
            object.plain("error", fault.as_str());
        }
        object.end();
        line.push(b'\n');
        self.index.write_all(&line)
    }

    fn finish(&mut self, connection: &Connection) -> io::Result<()> {
        self.targets.end(connection.number);
        for side in [Side::Client, Side::Server] {
            let key = (connection.number, side);
            self.heads.remove(&key);
            let is_stream = self
                .open
                .get(&key)
                .is_some_and(|open| open.kind == "stream");
            self.end(key, is_stream)?;
        }
        Ok(())
    }
}

impl<V: View> View for Extract<V> {
    const MEASURES: bool = V::MEASURES;

    fn needs(&self) -> Depth {
        match &self.files {
            Some(_) => Depth::Messages,
            None => self.view.needs(),
        }
    }

    fn shows_totals(&self) -> bool {
        self.view.shows_totals()
    }

    fn begin(&mut self, start: Time) {
        self.view.begin(start);
    }

    fn packet(
        &mut self,
        packet: &Packet<'_>,
        observed: Option<Observed<'_>>,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        self.view.packet(packet, observed, out)
    }

    fn tale(
        &mut self,
        connection: &Connection,
        tale: Tale,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        if let Some(files) = &mut self.files {
            files.take(connection, &tale)?;
        }
        self.view.tale(connection, tale, out)
    }

    fn finished(&mut self, connection: &Connection, out: &mut Output<'_>) -> io::Result<()> {
        if let Some(files) = &mut self.files {
            files.finish(connection)?;
        }
        self.view.finished(connection, out)
    }

    fn idle(&mut self, out: &mut Output<'_>) -> io::Result<()> {
        if let Some(files) = &mut self.files {
            files.index.flush()?;
        }
        self.view.idle(out)
    }

    fn left_out(&self) -> u64 {
        self.view.left_out()
    }

    fn end(&mut self, totals: &Totals, out: &mut Output<'_>) -> io::Result<()> {
        if let Some(files) = &mut self.files {
            files.index.flush()?;
        }
        self.view.end(totals, out)
    }
}

/// How a file's name ends, so that other programs know what it is.
fn ending(content_type: Option<&[u8]>) -> &'static str {
    let media_type = content_type.unwrap_or_default();
    let media_type = media_type.split(|&byte| byte == b';').next();
    let media_type = media_type.unwrap_or_default().trim_ascii();
    match media_type.to_ascii_lowercase().as_slice() {
        b"text/html" => "html",
        b"text/css" => "css",
        b"text/javascript" | b"application/javascript" => "js",
        b"application/json" => "json",
        b"image/png" => "png",
        b"image/jpeg" => "jpg",
        b"image/gif" => "gif",
        b"image/svg+xml" => "svg",
        b"text/plain" => "txt",
        _ => "bin",
    }
}
