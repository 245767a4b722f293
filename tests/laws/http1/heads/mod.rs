//! The laws of the heads of `wirekit-http1`, and how they differ from httparse and picohttpparser.

mod round_trip;
mod versus_httparse;
mod versus_picohttpparser;

use wirekit::http1::{
    Config, Error, Field, FieldTable, Method, Progress, Quirks, RequestHead, ResponseHead,
};

pub use round_trip::{encoded_heads, is_encoded};
pub use versus_httparse::versus_httparse;
pub use versus_picohttpparser::versus_picohttpparser;

/// What a parse gave, without its borrows.
#[derive(Debug, PartialEq)]
struct Outcome {
    verdict: Result<Option<usize>, Error>,
    line: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Outcome {
    fn of_request(result: Result<Option<(RequestHead<'_>, usize)>, Error>) -> Self {
        match result {
            Ok(Some((head, used))) => Self {
                verdict: Ok(Some(used)),
                line: format!("{:?}", head.line()).into_bytes(),
                fields: owned(head.fields()),
            },
            Ok(None) => Self::without_head(Ok(None)),
            Err(error) => Self::without_head(Err(error)),
        }
    }

    fn of_response(result: Result<Option<(ResponseHead<'_>, usize)>, Error>) -> Self {
        match result {
            Ok(Some((head, used))) => Self {
                verdict: Ok(Some(used)),
                line: format!("{:?}", head.line()).into_bytes(),
                fields: owned(head.fields()),
            },
            Ok(None) => Self::without_head(Ok(None)),
            Err(error) => Self::without_head(Err(error)),
        }
    }

    fn without_head(verdict: Result<Option<usize>, Error>) -> Self {
        Self {
            verdict,
            line: Vec::new(),
            fields: Vec::new(),
        }
    }
}

fn owned<'a>(fields: impl IntoIterator<Item = Field<'a>>) -> Vec<(Vec<u8>, Vec<u8>)> {
    fields
        .into_iter()
        .map(|field| (field.name.to_vec(), field.value.to_vec()))
        .collect()
}

/// The sets of quirks to read with: none, each alone, all.
fn quirk_sets() -> Vec<Quirks> {
    let all = Quirks::NAMED
        .iter()
        .fold(Quirks::NONE, |all, (_, quirk)| all.union(*quirk));
    [Quirks::NONE, all]
        .into_iter()
        .chain(Quirks::NAMED.iter().map(|&(_, quirk)| quirk))
        .collect()
}

/// Splits do not matter, `Ok(None)` is inert, errors are final and point inside, and a quirk takes nothing away.
pub fn request_heads(data: &[u8]) {
    let mut strict = None;
    for quirks in quirk_sets() {
        let config = Config::DEFAULT.quirks(quirks);
        let mut fields = FieldTable::<16>::with_capacity();
        let whole = Outcome::of_request(RequestHead::parse_with(data, &mut fields, &config));
        check_splits(data, &whole, |input, progress| {
            Outcome::of_request(RequestHead::resume(input, &mut fields, &config, progress))
        });
        check_quirk(&mut strict, &whole);
        if let Ok(Some((head, used))) = RequestHead::parse_with(data, &mut fields, &config) {
            assert_eq!(Some(head.as_bytes()), data.get(..used));
            let framing = head.framing(quirks);
            if let Err(error) = framing {
                assert!(error.offset() <= used, "{error}");
            } else {
                assert!(head.parse_target().is_ok(), "framing checks the target");
                assert!(head.target_uri("http").is_ok());
            }
        }
    }
}

/// The same for responses, which have no target to check.
pub fn response_heads(data: &[u8]) {
    let mut strict = None;
    for quirks in quirk_sets() {
        let config = Config::DEFAULT.quirks(quirks);
        let mut fields = FieldTable::<16>::with_capacity();
        let whole = Outcome::of_response(ResponseHead::parse_with(data, &mut fields, &config));
        check_splits(data, &whole, |input, progress| {
            Outcome::of_response(ResponseHead::resume(input, &mut fields, &config, progress))
        });
        check_quirk(&mut strict, &whole);
        if let Ok(Some((head, used))) = ResponseHead::parse_with(data, &mut fields, &config) {
            assert_eq!(Some(head.as_bytes()), data.get(..used));
            for method in [Method::GET, Method::HEAD, Method::CONNECT] {
                if let Err(error) = head.framing(method, quirks) {
                    assert!(error.offset() <= used, "{error}");
                }
            }
        }
    }
}

fn check_splits(
    data: &[u8],
    whole: &Outcome,
    mut resume: impl FnMut(&[u8], &mut Progress) -> Outcome,
) {
    if let Err(error) = whole.verdict {
        assert!(error.offset() <= data.len(), "{error}");
    }
    for step in [1, 7, 64] {
        let mut progress = Progress::new();
        let ends = (0..data.len()).step_by(step).chain([data.len()]);
        for end in ends {
            let arrived = data.get(..end).unwrap_or(data);
            let outcome = resume(arrived, &mut progress);
            let again = match outcome.verdict {
                // Ready for the next head: not to be asked again.
                Ok(Some(_)) => None,
                _ => Some(resume(arrived, &mut progress)),
            };
            if let Some(again) = again {
                assert_eq!(again, outcome, "asked again after {end} bytes");
            }
            if outcome.verdict != Ok(None) {
                assert_eq!(outcome, *whole, "final after {end} bytes by {step}");
                break;
            }
            if end == data.len() {
                assert_eq!(outcome, *whole, "the end by {step}");
            }
        }
    }
}

/// What is read without quirks, which come first, is read alike with them.
fn check_quirk(strict: &mut Option<Outcome>, outcome: &Outcome) {
    match strict {
        Some(strict) if matches!(strict.verdict, Ok(Some(_))) => assert_eq!(outcome, strict),
        Some(_) => {}
        None => {
            *strict = Some(Outcome {
                verdict: outcome.verdict,
                line: outcome.line.clone(),
                fields: outcome.fields.clone(),
            });
        }
    }
}
