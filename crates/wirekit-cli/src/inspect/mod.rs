//! `wirekit inspect`: the layered story of a capture.
//!
//! One direction through the rooms: `capture` (container to record), `layers` (record to packet), `conversation` (packet
//! to what happens on a connection), `views` (that as bytes, in the words of `text`).

mod ahead;
mod capture;
mod conversation;
mod inspector;
mod layers;
mod settings;
mod source;
mod text;
mod views;

use core::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::arguments::{End, Format, InspectOptions, View as ViewOption};
use crate::io::{Failure, Io, Status};
use crate::live::Interrupt;
use wirekit::tcp::track::Side;

use capture::CaptureError;
use conversation::totals::Totals;
use inspector::Inspector;
use layers::packet::PacketReader;
use settings::Settings;
use source::{Opened, Records, Shared, Source};
use text::paint::Paint;
use views::view::{Output, View};

/// The capture that is read when none is named.
const SAMPLE: &[u8] = include_bytes!("../../sample.pcap");

/// Runs `wirekit inspect`.
///
/// # Errors
///
/// [`Failure`] when the capture cannot be read or the output cannot be written.
pub fn run(options: &InspectOptions, io: &mut Io<'_>) -> Result<Status, Failure> {
    let settings = Settings::new(options)?;
    let name = options
        .capture
        .as_deref()
        .unwrap_or(Path::new("the sample"));
    let unreadable = |error| Failure::Read(name.into(), error);
    let interrupt = match &io.live {
        Some(live) => live.interrupt(),
        None => Interrupt::default(),
    };
    if io.live.is_some() {
        interrupt.catch_signal();
    }
    let is_live = io.live.is_some();
    let live = RefCell::new(io.live.take());
    let input = match (options.capture.as_deref(), &live) {
        (None, _) => Opened::here(SAMPLE),
        (Some(path), live) if path.as_os_str() == "-" => match is_live {
            true => Opened::here(Shared(live)),
            false => Opened::here(&mut *io.stdin),
        },
        (Some(path), _) => {
            capture::open(path, io.progress).map(|(input, progress)| Opened::File(input, progress))
        }
    }
    .map_err(unreadable)?;
    let files = match &options.extract {
        None => None,
        Some(folder) => {
            let codings = match options.keep_codings {
                true => views::Codings::Kept,
                false => views::Codings::TakenOff,
            };
            let files = views::Files::new(
                folder,
                settings.filter.clone(),
                codings,
                settings.max_buffered_len,
            );
            let unwritable = |error| Failure::Usage(format!("{}: {error}", folder.display()));
            Some(files.map_err(unwritable)?)
        }
    };
    let source = Source {
        files,
        input,
        live: &live,
        interrupt: &interrupt,
    };
    let read = match &options.output {
        Some(path) => {
            let unwritable = |error| Failure::Usage(format!("{}: {error}", path.display()));
            let mut file =
                BufWriter::with_capacity(1 << 16, File::create(path).map_err(unwritable)?);
            let read = tell(options, &settings, source, Paint::Plain, &mut file);
            file.flush().map_err(unwritable)?;
            read
        }
        None => {
            let paint = if io.colour {
                Paint::Coloured
            } else {
                Paint::Plain
            };
            let read = tell(options, &settings, source, paint, io.stdout);
            if read.is_ok() && shows_journeys(options) {
                tell_journeys(&settings, paint, io.stdout).map_err(Failure::Write)?;
            }
            read
        }
    };
    let Inspected {
        totals,
        fault,
        shows_totals,
    } = read.map_err(Failure::Write)?;
    if !shows_totals {
        for line in text::totals::dropped(&totals) {
            drop(writeln!(io.stderr, "wirekit: {}: {line}", name.display()));
        }
    }
    match fault {
        None => Ok(Status::Well),
        Some(CaptureError::Io(error)) => Err(unreadable(error)),
        Some(error @ CaptureError::Broken { .. }) => {
            io.stdout.flush().map_err(Failure::Write)?;
            // The status tells too; a line on stderr that cannot be written has nowhere else to go.
            drop(writeln!(io.stderr, "wirekit: {}: {error}", name.display()));
            Ok(Status::Broken)
        }
    }
}

/// What is left to say when the view has said all.
struct Inspected {
    totals: Totals,
    /// Why the capture was not read to its end.
    fault: Option<CaptureError>,
    /// The view itself said what was dropped.
    shows_totals: bool,
}

/// Whether the story ends with the journeys: that of the sample, which shows what there is.
fn shows_journeys(options: &InspectOptions) -> bool {
    options.capture.is_none() && (options.view, options.format) == (ViewOption::Story, Format::Text)
}

/// The journeys of the sample, behind its story.
fn tell_journeys(settings: &Settings, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let mut line = vec![b'\n'];
    let words =
        "The requests that came from outside, with those that they caused (--view journeys):";
    paint.heading(words, &mut line);
    line.extend(b"\n\n");
    out.write_all(&line)?;
    let source = Source {
        files: None,
        input: Opened::here(SAMPLE)?,
        live: &RefCell::new(None),
        interrupt: &Interrupt::default(),
    };
    let (filter, max_held_len) = (settings.filter.clone(), settings.max_buffered_len);
    let journeys = views::Journeys::new(Format::Text, filter.clone(), paint).without_totals();
    let view = views::Paired::new(journeys, filter, max_held_len);
    pass(settings, source, view, out).map(drop)
}

fn tell(
    options: &InspectOptions,
    settings: &Settings,
    input: Source<'_>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<Inspected> {
    let (format, filter) = (options.format, settings.filter.clone());
    match (options.view, format) {
        (ViewOption::Packets, _) => pass(
            settings,
            input,
            views::Packets::new(format, filter, settings.max_buffered_len),
            out,
        ),
        (ViewOption::Connections, _) => pass(
            settings,
            input,
            views::Connections::new(format, filter),
            out,
        ),
        (ViewOption::Stream, _) => {
            let from = options.from.map(|end| match end {
                End::Client => Side::Client,
                End::Server => Side::Server,
            });
            let stream = views::Stream::new(format, filter, from, paint);
            pass(settings, input, stream, out)
        }
        (ViewOption::Exchanges, _) => {
            let rows = views::Exchanges::new(format, filter.clone());
            let view = views::Paired::new(rows, filter, settings.max_buffered_len);
            pass(settings, input, view, out)
        }
        (ViewOption::Journeys, _) => {
            let journeys = views::Journeys::new(format, filter.clone(), paint);
            let view = views::Paired::new(journeys, filter, settings.max_buffered_len);
            pass(settings, input, view, out)
        }
        (ViewOption::Har, _) => {
            let har = views::Har::new(filter.clone(), settings.max_buffered_len);
            let view = views::Paired::new(har, filter, settings.max_buffered_len);
            pass(settings, input, view, out)
        }
        (ViewOption::Html, _) => {
            let page = views::Html::new(filter, settings.max_buffered_len);
            pass(settings, input, page, out)
        }
        (_, Format::Json) => pass(
            settings,
            input,
            views::StoryJson::new(filter, settings.max_buffered_len),
            out,
        ),
        (_, Format::Text | Format::Hex | Format::Raw) => {
            let story = views::Story::new(filter, paint, settings.max_buffered_len);
            pass(settings, input, story, out)
        }
    }
}

/// Reads the whole capture for a view, with what goes around it only where that is asked for: rows are made a packet.
fn pass(
    settings: &Settings,
    mut source: Source<'_>,
    view: impl View,
    out: &mut dyn Write,
) -> io::Result<Inspected> {
    match source.files.take() {
        None if settings.span.are_all() => read(settings, source, view, out),
        files => {
            let view = views::Within::new(views::Extract::new(view, files), settings.span);
            read(settings, source, view, out)
        }
    }
}

/// Reads the whole capture. What stood before a fault is reported all the same.
fn read(
    settings: &Settings,
    source: Source<'_>,
    view: impl View,
    out: &mut dyn Write,
) -> io::Result<Inspected> {
    let mut out = Output::new(out);
    let mut reader = PacketReader::new(settings.max_buffered_len);
    let shows_totals = view.shows_totals();
    let mut inspector = Inspector::new(settings, view);
    let is_compressed = source.input.is_compressed();
    let fault = match Records::new(source.input, inspector.depth()) {
        Ok(mut records) => {
            // In what is compressed a pause cannot be told from an end.
            if !is_compressed && let Some(live) = &mut *source.live.borrow_mut() {
                live.lose_patience();
            }
            loop {
                match records.next() {
                    _ if source.interrupt.is_raised() => break None,
                    Ok(Some((record, known))) => {
                        inspector.packet(&reader.read(&record, known), &mut out)?;
                    }
                    Ok(None) => break None,
                    Err(CaptureError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                        inspector.idle(&mut out)?;
                        out.writer.flush()?;
                    }
                    Err(error) => break Some(error),
                }
            }
        }
        Err(_) if source.interrupt.is_raised() => None,
        Err(error) => Some(error),
    };
    let totals = inspector.end(&reader, &mut out)?;
    Ok(Inspected {
        totals,
        fault,
        shows_totals,
    })
}
