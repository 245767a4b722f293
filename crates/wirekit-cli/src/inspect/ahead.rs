//! A capture that is read, and whose checksums are computed, by a thread of its own.
//!
//! Checksums need every byte of a packet, all else only its headers and now and then a part of its payload. If the thread
//! that reads the bytes also computes the checksums, most payload never leaves that core's cache. (A thread that only reads
//! is slower than none: every byte then goes from one core to the other.)

use core::time::Duration;
use std::io::{self, Read};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::capture::{self, Capture, CaptureError, Progress, Record};
use super::layers::packet::{Check, checksum};

/// How many batches there are: being filled, waiting, or being looked at. The bytes of all, 128 KiB each, fit a core's own
/// cache.
const BATCHES: usize = 3;
/// How long the thread waits before it asks again.
const PAUSE: Duration = Duration::from_millis(10);

type Batch = capture::Batch<Option<Check>>;

/// The records of a capture, in their order.
#[derive(Debug)]
pub(super) struct Ahead {
    arrivals: Receiver<Arrival>,
    /// Takes batches back, to be filled again.
    used: SyncSender<Batch>,
    thread: Option<JoinHandle<()>>,
    batch: Batch,
    /// How many records of the batch were given.
    given: usize,
    /// How the capture ends, if it does so behind this batch.
    end: Option<Result<(), CaptureError>>,
    progress: Progress,
}

/// What the thread has read.
#[derive(Debug)]
struct Arrival {
    batch: Batch,
    /// How the capture ends, if it does so behind this batch.
    end: Option<Result<(), CaptureError>>,
}

impl Ahead {
    /// Reads `input` from now on, and shows how far that is.
    pub(super) fn new(input: impl Read + Send + 'static, progress: Progress) -> io::Result<Self> {
        let (sender, arrivals) = sync_channel(BATCHES);
        let (used, spares) = sync_channel(BATCHES);
        let read = move || read(input, &spares, &sender);
        let thread = thread::Builder::new()
            .name("capture".to_owned())
            .spawn(read)?;
        Ok(Self {
            arrivals,
            used,
            thread: Some(thread),
            batch: Batch::default(),
            given: 0,
            end: None,
            progress,
        })
    }

    /// The next record, with its checksum if it has one; nothing at the capture's end.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<Option<(Record<'_>, Option<Check>)>, CaptureError> {
        if self.given == self.batch.len() && !self.turn()? {
            return Ok(None);
        }
        let record = self.batch.get(self.given);
        self.given += 1;
        Ok(record)
    }

    /// Takes the next batch that has a record. `Ok(false)`: the capture is at its end.
    #[inline(never)]
    fn turn(&mut self) -> Result<bool, CaptureError> {
        while self.given == self.batch.len() {
            if let Some(end) = self.end.take() {
                return end.map(|()| false);
            }
            // Before the next one is waited for, as the thread may wait for all of them. One that has ended takes none back.
            drop(self.used.send(core::mem::take(&mut self.batch)));
            let Ok(Arrival { batch, end }) = self.arrivals.recv() else {
                return match self.thread.take().map(JoinHandle::join) {
                    Some(Err(panic)) => resume_unwind(panic),
                    _ => Ok(false),
                };
            };
            (self.batch, self.given, self.end) = (batch, 0, end);
            self.progress.show();
        }
        Ok(true)
    }
}

/// Asks again after [`PAUSE`] where nothing comes at the moment: a descriptor that was inherited may be one that does not
/// block.
struct Patient<R>(R);

impl<R: Read> Read for Patient<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(PAUSE),
                read => return read,
            }
        }
    }
}

/// Reads batch after batch, to the end of the capture or until nobody takes them.
fn read(input: impl Read, spares: &Receiver<Batch>, arrivals: &SyncSender<Arrival>) {
    let mut capture = match Capture::new(Patient(input)) {
        Ok(capture) => capture,
        Err(error) => {
            let (batch, end) = (Batch::default(), Some(Err(error)));
            drop(arrivals.send(Arrival { batch, end }));
            return;
        }
    };
    // The first call of `turn` gives one more.
    let mut free: Vec<Batch> = (1..BATCHES).map(|_| Batch::default()).collect();
    loop {
        let Some(mut batch) = free.pop().or_else(|| spares.recv().ok()) else {
            return;
        };
        let end = match capture.next_batch(&mut batch, checksum) {
            Ok(true) => None,
            Ok(false) => Some(Ok(())),
            Err(error) => Some(Err(error)),
        };
        let (is_last, is_long) = (end.is_some(), batch.is_long());
        if arrivals.send(Arrival { batch, end }).is_err() || is_last {
            return;
        }
        // A record may have 16 MiB: only one such batch is held at a time.
        while is_long && free.len() < BATCHES {
            if spares.recv().is_err() {
                return;
            }
            free.push(Batch::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;
    use crate::inspect::capture::Time;

    const SAMPLE: &[u8] = include_bytes!("../../sample.pcap");

    /// Gives its bytes so many at a time, and then the end or an error.
    #[derive(Clone)]
    struct Source {
        bytes: Vec<u8>,
        at: usize,
        read_len: usize,
        end: Option<io::ErrorKind>,
    }

    impl Source {
        fn new(bytes: impl Into<Vec<u8>>, read_len: usize) -> Self {
            Self {
                bytes: bytes.into(),
                at: 0,
                read_len,
                end: None,
            }
        }
    }

    impl Read for Source {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let rest = &self.bytes[self.at..];
            let len = rest.len().min(buffer.len()).min(self.read_len);
            buffer[..len].copy_from_slice(&rest[..len]);
            self.at += len;
            match self.end {
                Some(kind) if len == 0 => Err(kind.into()),
                _ => Ok(len),
            }
        }
    }

    fn ahead(source: impl Read + Send + 'static) -> Ahead {
        Ahead::new(source, Progress::hidden()).unwrap()
    }

    /// Records with data of these lengths.
    fn pcap(lens: &[usize]) -> Vec<u8> {
        let mut file = SAMPLE[..24].to_vec();
        for (number, &len) in lens.iter().enumerate() {
            let [number, len] = [number, len].map(|it| u32::try_from(it).unwrap());
            for word in [number, 0, len, len + 7] {
                file.extend(word.to_le_bytes());
            }
            file.extend((0..len).map(|at| (at + number).to_le_bytes()[0]));
        }
        file
    }

    /// The sample as pcapng, with a long block between two packets that nobody reads.
    fn pcapng() -> Vec<u8> {
        let block = |kind: u32, contents: &[u8]| {
            let padded = contents.len().next_multiple_of(4);
            let len = u32::try_from(12 + padded).unwrap().to_le_bytes();
            let mut block = [kind.to_le_bytes(), len].concat();
            block.extend_from_slice(contents);
            block.resize(8 + padded, 0);
            block.extend(len);
            block
        };
        let words =
            |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|it| it.to_le_bytes()).collect() };
        let mut file = block(0x0a0d_0d0a, &words(&[0x1a2b_3c4d, 1, u32::MAX, u32::MAX]));
        file.extend(block(1, &words(&[1, 0])));
        let mut capture = Capture::new(SAMPLE).unwrap();
        while let Some(record) = capture.next().unwrap() {
            let len = u32::try_from(record.data.len()).unwrap();
            let contents = [&words(&[0, 0, 5, len, len]), record.data].concat();
            file.extend(block(6, &contents));
            file.extend(block(0xbad, &vec![0; 1000]));
        }
        file.extend(block(0xbad, &vec![0; 300_000]));
        file
    }

    type Shown = (Option<Time>, u16, Vec<u8>, usize);

    fn shown(record: &Record<'_>) -> Shown {
        let data = record.data.to_vec();
        (record.time, record.link.0, data, record.cut_len)
    }

    /// All that `next` gives, and how it ends.
    fn all(mut next: impl FnMut() -> Result<Option<Shown>, CaptureError>) -> (Vec<Shown>, String) {
        let mut records = Vec::new();
        loop {
            match next() {
                Ok(Some(record)) => records.push(record),
                Ok(None) => return (records, String::new()),
                Err(error) => return (records, format!("{error:?}")),
            }
        }
    }

    fn here(source: Source) -> (Vec<Shown>, String) {
        match Capture::new(source) {
            Ok(mut capture) => all(|| Ok(capture.next()?.map(|it| shown(&it)))),
            Err(error) => (Vec::new(), format!("{error:?}")),
        }
    }

    #[test]
    fn records_are_those_that_are_read_without_a_thread() {
        let long = pcap(&[
            40, 200_000, 0, 1, 300_000, 1_000_000, 20, 60_000, 60_000, 60_000,
        ]);
        let many = pcap(&vec![0; 40_000]);
        let mut too_long = pcap(&[40, 40]);
        too_long.extend([0xff; 16]);
        let files: [&[u8]; 9] = [
            SAMPLE,
            &SAMPLE[..SAMPLE.len() - 1],
            &SAMPLE[..30],
            &long,
            &many,
            &too_long,
            &pcapng(),
            b"no capture",
            b"",
        ];
        for (index, file) in files.iter().enumerate() {
            for read_len in [1, 1000, 70_000, usize::MAX] {
                if read_len == 1 && file.len() > 100_000 {
                    continue;
                }
                for end in [None, Some(io::ErrorKind::TimedOut)] {
                    let mut source = Source::new(*file, read_len);
                    source.end = end;
                    let mut ahead = ahead(source.clone());
                    let found = all(|| {
                        let record = ahead.next()?;
                        Ok(record.map(|(record, known)| {
                            assert_eq!(known, checksum(&record));
                            shown(&record)
                        }))
                    });
                    assert!(found == here(source), "file {index}, {read_len} at a time");
                }
            }
        }
    }

    #[test]
    fn nothing_comes_behind_the_end() {
        let mut ahead = ahead(Source::new(&SAMPLE[..SAMPLE.len() - 1], usize::MAX));
        while matches!(ahead.next(), Ok(Some(_))) {}
        for _ in 0..3 {
            assert!(matches!(ahead.next(), Ok(None)));
        }
    }

    #[test]
    fn behind_a_pause_there_is_more() {
        struct Pausing(Source, bool);
        impl Read for Pausing {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.1 = !self.1;
                match self.1 {
                    true => Err(io::ErrorKind::WouldBlock.into()),
                    false => self.0.read(buffer),
                }
            }
        }
        let file = pcap(&[40, 40, 20_000, 40]);
        let mut ahead = ahead(Pausing(Source::new(file, 1000), false));
        let mut records = 0;
        while ahead.next().unwrap().is_some() {
            records += 1;
        }
        assert_eq!(records, 4);
    }

    /// Records are given before the next ones are read, which may not come for long.
    #[test]
    fn what_was_read_does_not_wait_for_more() {
        struct Slow(Source, Receiver<()>);
        impl Read for Slow {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0.at == 72 {
                    self.1.recv().unwrap();
                }
                self.0.read(buffer)
            }
        }
        let file = pcap(&[8, 8, 8]);
        let (go_on, wait) = sync_channel(1);
        let mut ahead = ahead(Slow(Source::new(file, 24), wait));
        assert!(ahead.next().unwrap().is_some());
        assert!(ahead.next().unwrap().is_some());
        go_on.send(()).unwrap();
        assert!(ahead.next().unwrap().is_some());
    }

    #[test]
    #[should_panic(expected = "a fault of the reader")]
    fn a_panic_of_the_thread_is_no_end() {
        struct Faulty(Source);
        impl Read for Faulty {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                assert!(self.0.at < 1000, "a fault of the reader");
                self.0.read(buffer)
            }
        }
        let mut ahead = ahead(Faulty(Source::new(SAMPLE, 100)));
        while ahead.next().unwrap().is_some() {}
    }

    #[test]
    fn a_thread_ends_with_its_reader() {
        struct Endless(Source);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0.at == self.0.bytes.len() {
                    self.0.at = 24;
                }
                self.0.read(buffer)
            }
        }
        let mut ahead = ahead(Endless(Source::new(SAMPLE, usize::MAX)));
        assert!(ahead.next().unwrap().is_some());
        let thread = ahead.thread.take().unwrap();
        drop(ahead);
        for _ in 0..2000 {
            if thread.is_finished() {
                return;
            }
            sleep(Duration::from_millis(10));
        }
        panic!("it reads on");
    }

    /// Nothing is read while all batches are out, or a long one is.
    #[test]
    fn what_is_held_is_bounded() {
        for (len, expected) in [(100, BATCHES - 1), (300_000, 1)] {
            let (sender, arrivals) = sync_channel(BATCHES);
            let (_, spares) = sync_channel(BATCHES);
            let file = pcap(&vec![len; 3_000_000 / len]);
            read(Source::new(file, usize::MAX), &spares, &sender);
            drop(sender);
            assert_eq!(arrivals.iter().count(), expected, "records of {len} bytes");
        }
    }
}
