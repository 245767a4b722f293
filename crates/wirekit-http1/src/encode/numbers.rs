use crate::StatusCode;

/// A number in decimal digits.
#[derive(Clone, Copy)]
pub(super) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    pub(super) fn new(mut number: u64) -> Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            start -= 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        Self { digits, start }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }
}

/// The three digits of every status code.
static STATUS_DIGITS: [[u8; 3]; 1000] = {
    let mut table = [[b'0'; 3]; 1000];
    let mut status = 0;
    while status < 1000 {
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "computed at compile time"
        )]
        {
            table[status] = [
                b'0' + (status / 100) as u8,
                b'0' + (status / 10 % 10) as u8,
                b'0' + (status % 10) as u8,
            ];
        }
        status += 1;
    }
    table
};

/// The digits of a status code up to 999.
pub(super) fn digits(status: StatusCode) -> &'static [u8; 3] {
    STATUS_DIGITS.get(usize::from(status.0)).unwrap_or(b"000")
}
