use core::time::Duration;
use std::time::Instant;

use wirekit::http1::{
    BodyLength, Config, Error, FieldTable, Fields, Limits, Method, Quirks, RequestEvent,
    RequestReader, ResponseEvent, ResponseReader, StatusCode, StatusLine, server,
};

/// What was reported, with the place and length of each; content is joined.
#[derive(Debug, PartialEq, Eq)]
enum Report {
    Head {
        at: usize,
        bytes: Vec<u8>,
        body: BodyLength,
    },
    Data {
        at: usize,
        content: Vec<u8>,
    },
    End {
        at: usize,
        trailers: String,
    },
    Switch {
        at: usize,
    },
    Failed(Error),
    /// The input ended: cleanly, or not.
    Ended(Option<Error>),
}

#[derive(Default)]
struct Transcript {
    reports: Vec<Report>,
    at: usize,
}

impl Transcript {
    fn head(&mut self, bytes: &[u8], body: BodyLength) {
        self.reports.push(Report::Head {
            at: self.at,
            bytes: bytes.to_vec(),
            body,
        });
    }

    fn data(&mut self, data: &[u8]) {
        assert!(!data.is_empty());
        if let Some(Report::Data { content, .. }) = self.reports.last_mut() {
            content.extend_from_slice(data);
        } else {
            self.reports.push(Report::Data {
                at: self.at,
                content: data.to_vec(),
            });
        }
    }

    fn end(&mut self, trailers: Fields<'_>) {
        self.reports.push(Report::End {
            at: self.at,
            trailers: format!("{trailers:?}"),
        });
    }
}

/// Limits that short input meets, and quirks by a byte of the input.
fn config(data: &[u8]) -> (Config, &[u8]) {
    let Some((&choice, rest)) = data.split_first() else {
        return (Config::DEFAULT, data);
    };
    let limits = Limits::DEFAULT
        .max_head_len(600)
        .max_fields(8)
        .max_target_len(100)
        .max_chunk_extensions_len(40)
        .max_trailers_len(80);
    let quirks = Quirks::NAMED
        .iter()
        .enumerate()
        .filter(|(index, _)| choice & 0x80 != 0 && (usize::from(choice) + index) % 3 == 0)
        .fold(Quirks::NONE, |all, (_, (_, quirk))| all.union(*quirk));
    (Config::DEFAULT.limits(limits).quirks(quirks), rest)
}

const STEPS: [usize; 4] = [1, 2, 7, 64];

/// Laws 2, 3, 4 and 6 of a stream of requests, and a connection that answers each reports the same.
pub fn requests(data: &[u8]) {
    let (config, data) = config(data);
    let whole = read_requests(data, usize::MAX, config);
    for step in STEPS {
        assert_eq!(
            read_requests(data, step, config),
            whole,
            "in pieces of {step}"
        );
    }
    for step in [1, usize::MAX] {
        serve(data, step, config, &whole);
    }
}

fn read_requests(data: &[u8], step: usize, config: Config) -> Vec<Report> {
    let (mut reader, mut fields) = (RequestReader::new(config), FieldTable::<8>::with_capacity());
    let (mut transcript, mut end) = (Transcript::default(), step.min(data.len()));
    loop {
        let input = data.get(transcript.at..end).unwrap_or_default();
        match reader.receive(input, &mut fields) {
            Ok(Some((event, used))) => {
                assert!(used <= input.len());
                match event {
                    RequestEvent::Head { head, framing } => {
                        transcript.head(head.as_bytes(), framing.body())
                    }
                    RequestEvent::Data(data) => transcript.data(data),
                    RequestEvent::End(trailers) => transcript.end(trailers),
                }
                transcript.at += used;
            }
            Ok(None) => {
                assert_eq!(reader.receive(input, &mut fields), Ok(None), "inert");
                if end == data.len() {
                    let ended = reader
                        .receive_eof()
                        .err()
                        .map(|error| error.shifted(transcript.at));
                    transcript.reports.push(Report::Ended(ended));
                    return transcript.reports;
                }
                end = end.saturating_add(step).min(data.len());
            }
            Err(error) => {
                assert!(error.offset() <= input.len(), "{error}");
                assert_eq!(reader.receive(data, &mut fields), Err(error), "final");
                transcript
                    .reports
                    .push(Report::Failed(error.shifted(transcript.at)));
                return transcript.reports;
            }
        }
    }
}

/// A server that answers every request reports what the reader reports, up to where it must close.
#[expect(clippy::unwrap_used, reason = "a law panics when it is broken")]
fn serve(data: &[u8], step: usize, config: Config, expected: &[Report]) {
    let (mut connection, mut fields) = (
        server::Connection::new(config),
        FieldTable::<8>::with_capacity(),
    );
    let (mut transcript, mut end, mut out) =
        (Transcript::default(), step.min(data.len()), Vec::new());
    loop {
        let input = data.get(transcript.at..end).unwrap_or_default();
        match connection.receive(input, &mut fields) {
            Ok(Some((event, used))) => {
                match event {
                    server::Event::Head { head, framing } => {
                        transcript.head(head.as_bytes(), framing.body())
                    }
                    server::Event::Data(data) => transcript.data(data),
                    server::Event::End(trailers) => {
                        transcript.end(trailers);
                        let line = StatusLine::new(StatusCode::NOT_FOUND);
                        connection
                            .send_head(&line, &[], BodyLength::None, &mut out)
                            .unwrap();
                        connection.send_end(&[], &mut out).unwrap();
                    }
                }
                transcript.at += used;
            }
            Ok(None) if connection.wants_close() => break,
            Ok(None) => {
                assert!(connection.wants_input(), "{connection:?}");
                if end == data.len() {
                    let ended = connection
                        .receive_eof()
                        .err()
                        .map(|error| error.shifted(transcript.at));
                    transcript.reports.push(Report::Ended(ended));
                    break;
                }
                end = end.saturating_add(step).min(data.len());
            }
            Err(error) => {
                transcript
                    .reports
                    .push(Report::Failed(error.shifted(transcript.at)));
                assert_eq!(connection.due(), Some(error.kind().status()));
                connection.send_due(&[], &mut out).unwrap();
                assert!(connection.due().is_none() && connection.wants_close());
                break;
            }
        }
    }
    assert_eq!(
        Some(transcript.reports.as_slice()),
        expected.get(..transcript.reports.len())
    );
    let responses = out
        .windows(12)
        .filter(|start| start.starts_with(b"HTTP/1.1 "))
        .count();
    let reports = transcript
        .reports
        .iter()
        .filter(|report| matches!(report, Report::End { .. } | Report::Failed(_)))
        .count();
    assert_eq!(responses, reports);
}

/// Laws 2, 3, 4 and 6 of a stream of responses to requests of different methods.
pub fn responses(data: &[u8]) {
    let (config, data) = config(data);
    let whole = read_responses(data, usize::MAX, config);
    for step in STEPS {
        assert_eq!(
            read_responses(data, step, config),
            whole,
            "in pieces of {step}"
        );
    }
}

fn read_responses(data: &[u8], step: usize, config: Config) -> Vec<Report> {
    let (mut reader, mut fields) = (
        ResponseReader::new(config),
        FieldTable::<8>::with_capacity(),
    );
    let (mut transcript, mut end) = (Transcript::default(), step.min(data.len()));
    let mut methods = [Method::GET, Method::HEAD, Method::POST]
        .into_iter()
        .cycle()
        .take(12)
        .chain([Method::CONNECT]);
    loop {
        let input = data.get(transcript.at..end).unwrap_or_default();
        match reader.receive(input, &mut fields) {
            Ok(Some((event, used))) => {
                assert!(used <= input.len());
                match event {
                    ResponseEvent::Interim { head, framing }
                    | ResponseEvent::Head { head, framing } => {
                        transcript.head(head.as_bytes(), framing.body());
                    }
                    ResponseEvent::Data(data) => transcript.data(data),
                    ResponseEvent::End(trailers) => {
                        transcript.end(trailers);
                        if let Some(method) = methods.next() {
                            reader.answers(method);
                        }
                    }
                    ResponseEvent::Switch => transcript
                        .reports
                        .push(Report::Switch { at: transcript.at }),
                }
                transcript.at += used;
            }
            Ok(None) => {
                assert_eq!(reader.receive(input, &mut fields), Ok(None), "inert");
                if end == data.len() {
                    let ended = reader.receive_eof();
                    transcript.reports.push(Report::Ended(
                        ended.err().map(|error| error.shifted(transcript.at)),
                    ));
                    return transcript.reports;
                }
                end = end.saturating_add(step).min(data.len());
            }
            Err(error) => {
                assert!(error.offset() <= input.len(), "{error}");
                assert_eq!(reader.receive(data, &mut fields), Err(error), "final");
                transcript
                    .reports
                    .push(Report::Failed(error.shifted(transcript.at)));
                return transcript.reports;
            }
        }
    }
}

/// Law 7: what arrives byte by byte costs a bounded amount a byte, wherever the bytes stand.
///
/// Half a million bytes take well under a second. Looking at all of them at each byte would take minutes.
pub fn dripped(prefix: &[u8], fill: &[u8], suffix: &[u8]) {
    const LEN: usize = 1 << 19;
    const PATIENCE: Duration = Duration::from_secs(30);
    let limits = Limits::DEFAULT
        .max_head_len(2 * LEN)
        .max_chunk_extensions_len(2 * LEN)
        .max_trailers_len(2 * LEN);
    let config = Config::DEFAULT.limits(limits);
    let mut wire = prefix.to_vec();
    while wire.len() < LEN {
        wire.extend_from_slice(fill);
    }
    wire.extend_from_slice(suffix);
    let (mut reader, mut fields) = (
        RequestReader::new(config),
        Box::new(FieldTable::<100>::with_capacity()),
    );
    let (mut at, mut ended, start) = (0, 0, Instant::now());
    for end in 1..=wire.len() {
        while let Ok(Some((event, used))) =
            reader.receive(wire.get(at..end).unwrap_or_default(), &mut fields)
        {
            at += used;
            ended += usize::from(matches!(event, RequestEvent::End(_)));
        }
        assert!(start.elapsed() < PATIENCE, "{end} of {} bytes", wire.len());
    }
    assert_eq!((ended, at), (1, wire.len()));
}
