/// How a head is parsed, for its `impl`: whole, or as it arrives. Requests and responses differ in the section's first line.
macro_rules! parsing {
    ($section:path; skips: $(#[$skips:meta])+ errors: $(#[$errors:meta])+) => {
        /// Parses a head with the default limits and no quirks; `None` asks for more input.
        ///
        $(#[$skips])+
        ///
        /// # Errors
        ///
        $(#[$errors])+
        pub fn parse<const N: usize>(
            input: &'a [u8],
            fields: &'a mut FieldTable<N>,
        ) -> Result<Option<(Self, usize)>, Error> {
            Self::parse_with(input, fields, &Config::DEFAULT)
        }

        /// [`parse`](Self::parse) with limits and quirks.
        ///
        /// # Errors
        ///
        /// As [`parse`](Self::parse).
        pub fn parse_with<const N: usize>(
            input: &'a [u8],
            fields: &'a mut FieldTable<N>,
            config: &Config,
        ) -> Result<Option<(Self, usize)>, Error> {
            fields.overwritten();
            if let Some(scanned) = scan::whole($section, input, &mut fields.spans, config) {
                return Ok(Some(Self::of(input, fields, scanned)));
            }
            Self::resume(input, fields, config, &mut Progress::new())
        }

        /// [`parse_with`](Self::parse_with), going on where the last call for the same head stopped.
        ///
        /// `input` starts at the head's first byte each time, and `fields` is best the same table; `progress` starts as
        /// [`Progress::new`] and is so again after `Some`. No byte is looked at twice.
        ///
        /// # Errors
        ///
        /// As [`parse`](Self::parse).
        pub fn resume<const N: usize>(
            input: &'a [u8],
            fields: &'a mut FieldTable<N>,
            config: &Config,
            progress: &mut Progress,
        ) -> Result<Option<(Self, usize)>, Error> {
            if scan::takes_text($section, input, config, progress) {
                return Ok(None);
            }
            fields.claim(progress);
            let scanned = scan::advance($section, input, &mut fields.spans, config, progress)?;
            Ok(scanned.map(|scanned| Self::of(input, fields, scanned)))
        }

        #[inline]
        fn of<const N: usize>(
            input: &'a [u8],
            fields: &'a FieldTable<N>,
            scanned: Scanned,
        ) -> (Self, usize) {
            let (bytes, fields) = fields.section(input, &scanned);
            let line = scanned.line;
            (
                Self {
                    bytes,
                    fields,
                    line,
                },
                scanned.used,
            )
        }
    };
}

pub(crate) use parsing;
