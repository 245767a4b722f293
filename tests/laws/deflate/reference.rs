//! DEFLATE read bit by bit as RFC 1951 describes it: slow, and shared with nothing that is tested.

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It ended with a block.
    Whole,
    /// It ended inside a block.
    Truncated,
    /// It breaks a rule.
    Invalid,
}

/// A stream of messages with one window.
#[derive(Clone, Debug, Default)]
pub(super) struct Reference {
    /// Everything that came out.
    pub(super) out: Vec<u8>,
    /// The greatest distance of a match.
    pub(super) max_distance: usize,
    /// Where the window begins.
    start: usize,
}

enum Stop {
    Input,
    Rule,
}

impl Reference {
    /// Forgets what came out so far, as a message without context takeover does.
    pub(super) fn forget(&mut self) {
        self.start = self.out.len();
    }

    /// Takes a message's payload; stops once more than `limit` bytes are out. With the four bytes of RFC 7692 section
    /// 7.2.2 a block ends at its last byte, and nothing comes out of them. Where they have been left on, an empty block
    /// may follow.
    pub(super) fn message(&mut self, payload: &[u8], limit: usize) -> Outcome {
        let full = self.out.len() + limit;
        let mut with_tail = self.clone();
        match self.blocks(payload, payload.len(), full) {
            Outcome::Truncated => {}
            ended => return ended,
        }
        let empty_block = [0, 0, 0, 0xff, 0xff];
        let has_tail = payload.ends_with(&empty_block[1..]);
        let input = [payload, &empty_block[usize::from(!has_tail)..]].concat();
        let outcome = with_tail.blocks(&input, payload.len(), full);
        if outcome == Outcome::Whole && with_tail.out.len() > self.out.len() {
            return Outcome::Truncated;
        }
        outcome
    }

    /// Takes blocks up to the first that ends after `payload_len` bytes, or at them if it is a last one.
    fn blocks(&mut self, input: &[u8], payload_len: usize, full: usize) -> Outcome {
        let mut bits = Bits { input, position: 0 };
        while bits.position < input.len() * 8 {
            let last = match self.block(&mut bits, full) {
                Ok(last) => last,
                Err(Stop::Input) => return Outcome::Truncated,
                Err(Stop::Rule) => return Outcome::Invalid,
            };
            if self.out.len() > full {
                return Outcome::Whole;
            }
            if bits.position > payload_len * 8 {
                return if bits.position.div_ceil(8) == input.len() {
                    Outcome::Whole
                } else {
                    Outcome::Truncated
                };
            }
            if last {
                bits.align();
                if bits.position / 8 == payload_len {
                    return Outcome::Whole;
                }
            }
        }
        Outcome::Truncated
    }

    /// One block; whether it was the last.
    fn block(&mut self, bits: &mut Bits<'_>, full: usize) -> Result<bool, Stop> {
        let last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => {
                bits.align();
                let (len, complement) = (bits.take(16)?, bits.take(16)?);
                if len != !complement & 0xffff {
                    return Err(Stop::Rule);
                }
                for _ in 0..len {
                    let byte = bits.take(8)?;
                    self.push(byte);
                }
            }
            1 => {
                let mut lengths = [8; 288];
                lengths[144..256].fill(9);
                lengths[256..280].fill(7);
                let (literals, distances) = (Code::new(&lengths)?, Code::new(&[5; 32])?);
                self.symbols(bits, &literals, &distances, full)?;
            }
            2 => {
                let (literals, distances) = dynamic(bits)?;
                self.symbols(bits, &literals, &distances, full)?;
            }
            _ => return Err(Stop::Rule),
        }
        Ok(last)
    }

    fn symbols(
        &mut self,
        bits: &mut Bits<'_>,
        literals: &Code,
        distances: &Code,
        full: usize,
    ) -> Result<(), Stop> {
        loop {
            if self.out.len() > full {
                return Ok(());
            }
            let length = match literals.take(bits)? {
                256 => return Ok(()),
                literal @ 0..=255 => {
                    self.push(literal);
                    continue;
                }
                285 => 258,
                symbol @ 257..=284 => {
                    let (base, extra) = LENGTHS[symbol - 257];
                    base + bits.take(extra)?
                }
                _ => return Err(Stop::Rule),
            };
            let symbol = distances.take(bits)?;
            let &(base, extra) = DISTANCES.get(symbol).ok_or(Stop::Rule)?;
            let distance = base + bits.take(extra)?;
            if distance > self.out.len() - self.start || distance > 1 << 15 {
                return Err(Stop::Rule);
            }
            self.max_distance = self.max_distance.max(distance);
            for _ in 0..length {
                self.out.push(self.out[self.out.len() - distance]);
            }
        }
    }

    fn push(&mut self, byte: usize) {
        self.out.push(u8::try_from(byte).expect("a byte"));
    }
}

/// RFC 1951 section 3.2.7.
fn dynamic(bits: &mut Bits<'_>) -> Result<(Code, Code), Stop> {
    const ORDER: [usize; 19] = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ];
    let (literals, distances, codes) = (bits.take(5)? + 257, bits.take(5)? + 1, bits.take(4)? + 4);
    if literals > 286 || distances > 30 {
        return Err(Stop::Rule);
    }
    let mut lengths = [0; 19];
    for &place in &ORDER[..codes] {
        lengths[place] = bits.take(3)?;
    }
    let code = Code::new(&lengths)?;
    if code.longest == 0 {
        // No code at all: zlib takes a bit for each length before it says so, and the input may end first.
        for _ in 0..literals + distances {
            bits.take(1)?;
        }
    }
    if !code.complete {
        return Err(Stop::Rule);
    }
    let mut lengths = Vec::new();
    while lengths.len() < literals + distances {
        let (value, count) = match code.take(bits)? {
            16 => (*lengths.last().ok_or(Stop::Rule)?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length, 1),
        };
        lengths.extend(core::iter::repeat_n(value, count));
    }
    if lengths.len() > literals + distances || lengths[256] == 0 {
        return Err(Stop::Rule);
    }
    let (literals, distances) = lengths.split_at(literals);
    let (literals, distances) = (Code::new(literals)?, Code::new(distances)?);
    // zlib's reading: codes that cannot be reached are an error, unless there is one code of one bit, or none.
    let sound = |code: &Code| code.complete || code.longest <= 1;
    if sound(&literals) && sound(&distances) {
        Ok((literals, distances))
    } else {
        Err(Stop::Rule)
    }
}

/// RFC 1951 section 3.2.2: symbols by length and value.
struct Code {
    lengths: Vec<usize>,
    longest: usize,
    complete: bool,
}

impl Code {
    fn new(lengths: &[usize]) -> Result<Self, Stop> {
        let used: usize = lengths
            .iter()
            .filter(|&&length| length > 0)
            .map(|&length| 1 << (15 - length))
            .sum();
        if used > 1 << 15 {
            return Err(Stop::Rule);
        }
        let longest = lengths.iter().copied().max().unwrap_or(0);
        Ok(Self {
            lengths: lengths.to_vec(),
            longest,
            complete: used == 1 << 15,
        })
    }

    fn take(&self, bits: &mut Bits<'_>) -> Result<usize, Stop> {
        let (mut code, mut first) = (0, 0);
        for length in 1..=15 {
            if length > self.longest.max(1) {
                break;
            }
            code = code << 1 | bits.take(1)?;
            let mut symbols = self
                .lengths
                .iter()
                .enumerate()
                .filter(|&(_, &found)| found == length);
            let count = symbols.clone().count();
            if code < first + count {
                return symbols
                    .nth(code - first)
                    .map(|(symbol, _)| symbol)
                    .ok_or(Stop::Rule);
            }
            first = (first + count) << 1;
        }
        Err(Stop::Rule)
    }
}

struct Bits<'a> {
    input: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Result<usize, Stop> {
        let mut value = 0;
        for bit in 0..count {
            let byte = *self.input.get(self.position / 8).ok_or(Stop::Input)?;
            value |= usize::from(byte >> (self.position % 8) & 1) << bit;
            self.position += 1;
        }
        Ok(value)
    }

    fn align(&mut self) {
        self.position = self.position.next_multiple_of(8);
    }
}

/// RFC 1951 section 3.2.5: the least length and how many bits are added to it.
#[rustfmt::skip]
const LENGTHS: [(usize, usize); 28] = [
    (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1), (19, 2), (23, 2),
    (27, 2), (31, 2), (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4), (131, 5), (163, 5),
    (195, 5), (227, 5),
];

#[rustfmt::skip]
const DISTANCES: [(usize, usize); 30] = [
    (1, 0), (2, 0), (3, 0), (4, 0), (5, 1), (7, 1), (9, 2), (13, 2), (17, 3), (25, 3), (33, 4), (49, 4), (65, 5), (97, 5),
    (129, 6), (193, 6), (257, 7), (385, 7), (513, 8), (769, 8), (1025, 9), (1537, 9), (2049, 10), (3073, 10),
    (4097, 11), (6145, 11), (8193, 12), (12289, 12), (16385, 13), (24577, 13),
];
