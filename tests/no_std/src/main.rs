//! A program without std. Its own panic handler clashes with std's, so it links only when nothing that a codec
//! depends on brings std in. It parses a few bytes with each codec that it was built for and exits with status 0.
#![no_std]
#![no_main]

#[cfg(feature = "alloc")]
mod heap;

use core::arch::asm;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(101)
}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    exit(if parse(core::hint::black_box(&INPUT)) { 0 } else { 1 })
}

fn exit(status: i32) -> ! {
    // SAFETY: `exit_group` (231) takes an integer and does not return.
    unsafe { asm!("syscall", in("rax") 231, in("rdi") status, options(noreturn)) }
}

/// Bytes that are a legal start of something in every protocol here.
static INPUT: [u8; 64] = [0; 64];

/// Calls each codec; true where its answer is the expected one.
fn parse(input: &[u8]) -> bool {
    let mut right = true;
    #[cfg(feature = "checksum")]
    {
        let mut sum = wirekit_checksum::Checksum::new();
        sum.update(input);
        right &= sum.finish() == 0xffff;
    }
    #[cfg(feature = "udp")]
    {
        right &= wirekit_udp::Datagram::parse(input).is_err();
    }
    right &= input.len() == 64;
    right
}
