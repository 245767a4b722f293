//! A program without std. Its own panic handler clashes with std's, so it links only when nothing that a codec
//! depends on brings std in. It parses a few bytes with each codec that it was built for and exits with status 0.
#![no_std]
#![no_main]

#[cfg(feature = "alloc")]
mod heap;

use core::arch::asm;
use core::hint::black_box;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(101)
}

// The stack is aligned here as the calling convention wants it.
core::arch::global_asm!(".globl _start", "_start:", "and rsp, -16", "call {start}", start = sym start);

extern "C" fn start() -> ! {
    exit(if parse() { 0 } else { 1 })
}

fn exit(status: i32) -> ! {
    // SAFETY: `exit_group` (231) takes an integer and does not return.
    unsafe { asm!("syscall", in("rax") 231, in("rdi") status, options(noreturn)) }
}

/// Calls each codec that this program was built with; true where every answer is the expected one.
fn parse() -> bool {
    let mut right = true;
    #[cfg(feature = "checksum")]
    {
        right &= wirekit_checksum::checksum(black_box(&[0, 53, 0, 53, 0, 9, 0, 0, b'x'])) == 0x878c;
    }
    #[cfg(feature = "udp")]
    {
        right &= wirekit_udp::Datagram::parse(black_box(&[0, 53, 0, 53, 0, 9, 0, 0, b'x'])).is_ok();
    }
    #[cfg(feature = "tcp")]
    {
        let segment = [
            0, 1, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0,
        ];
        right &= wirekit_tcp::Segment::parse(black_box(&segment)).is_ok();
    }
    #[cfg(feature = "http")]
    {
        right &= wirekit_http::list::members(black_box(b"a, ,b")).count() == 2;
        right &= wirekit_http::field::Name::of(black_box(b"host")).is_some();
    }
    #[cfg(feature = "http1")]
    {
        let mut fields = wirekit_http1::FieldTable::new();
        let request = black_box(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        right &= matches!(
            wirekit_http1::RequestHead::parse(request, &mut fields),
            Ok(Some(_))
        );
    }
    #[cfg(feature = "uwsgi")]
    {
        let packet = black_box(b"\x00\x15\x00\x00\x0e\x00REQUEST_METHOD\x03\x00GET");
        right &=
            wirekit_uwsgi::Packet::parse(packet).is_some_and(|(packet, _)| packet.vars().is_ok());
    }
    #[cfg(feature = "websocket")]
    {
        let mut frame = black_box(*b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
        right &= matches!(
            wirekit_websocket::Connection::new(wirekit_websocket::Config::SERVER)
                .receive(&mut frame),
            Ok(Some(_))
        );
        right &= matches!(
            wirekit_websocket::handshake::Key::parse(black_box(b"dGhlIHNhbXBsZSBub25jZQ==")),
            Ok(key) if key.accept().answers(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        );
        right &= wirekit_websocket::extension::Extensions::parse(black_box(b"a;b=c")).is_ok();
    }
    #[cfg(feature = "tls")]
    {
        right &= matches!(
            wirekit_tls::Record::parse(black_box(&[22, 3, 1, 0, 1, 0])),
            Ok(Some(_))
        );
    }
    #[cfg(feature = "bridge")]
    {
        use wirekit_bridge::{Config, Exchange, Request, Upstream};
        use wirekit_http1::{self as http1, FieldTable, client, server::Event};

        let (mut exchange, mut fields) = (Exchange::new(Config::DEFAULT), FieldTable::new());
        let request = black_box(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let server = Upstream::Http1(client::Connection::new(http1::Config::DEFAULT));
        let mut out = [0; 256];
        right &= matches!(
            exchange.receive_request(request, &mut fields),
            Ok(Some((Event::Head { head, .. }, _)))
                if exchange.send_request(&head, server, &Request::new("http"), &mut &mut out[..]).is_ok()
        );
        right &= out.starts_with(b"GET / HTTP/1.1\r\nHost: a\r\n");
    }
    black_box(&mut right);
    right
}
