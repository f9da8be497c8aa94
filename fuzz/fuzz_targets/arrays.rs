#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    drsae_fuzz::arrays::run(input);
});
