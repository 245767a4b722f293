#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wirekit_laws::http1::streams::strangers(data));
