#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wirekit_laws::fuzz(wirekit_laws::gateway::LAWS, data));
