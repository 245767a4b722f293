//! The laws of `wirekit-http` on seeds and on random input.

use wirekit_laws::http;

fn seeds() -> Vec<Vec<u8>> {
    let seeds: [&[u8]; 14] = [
        b"close, Keep-Alive,, x-a ,\tTE",
        b"Content-Length\nX-Forwarded-For, proxy-authorization",
        b"; charset=utf-8;q=\"a\\\"b\" ;;",
        b"for=192.0.2.60;proto=http;by=\"[2001:db8::1]:80\", For=_hidden;host=\"a:80\"",
        b"1.0 fred, HTTP/1.1 p.example.net:80 (Apache (1.1), x)",
        b"1.2.3.4, 127.0.0.1, [::1]:80",
        br#"W/"a,b", "a,b" ,, "\""#,
        b"bytes=0-499, -500,9500-",
        b"bytes 42-1233/1234",
        b"bytes */1234",
        b"text/*;q=0.3, text/html;level=1, */*;q=0.5",
        b"gzip;q=1.0, identity; q=0.5, *;q=0",
        b"18446744073709551615",
        b"\"a, b\", c\\\",",
    ];
    seeds.map(Vec::from).into()
}

crate::laws_hold::laws_hold!(http::fields, seeds);

/// Were any of these to look at bytes again for each of the others, this would take hours.
#[test]
fn long_values_are_read_in_one_pass() {
    use wirekit::http::{
        ConnectionOptions, Parameters, accept, forwarded, list, range, validator, via,
    };

    let pieces: [&[u8]; 16] = [
        b",",
        b" ",
        b";",
        b"(",
        b"()",
        b"\"",
        b"\\",
        b"a,",
        b"close,",
        b";a=1",
        b"for=_a,",
        b"1 a(,",
        b"1 a,",
        b"\"\",",
        b"0-,",
        b"a/b;q=1,",
    ];
    for piece in pieces {
        let value = piece.repeat((1 << 18) / piece.len());
        let mut found = list::members(&value).count() + list::quoted_members(&value).count();
        found += list::empty_members(&value, usize::MAX).expect("no bound");
        found += usize::from(ConnectionOptions::new().add(&value).is_ok());
        found += Parameters::parse(&value).map_or(0, |parameters| parameters.iter().count());
        found += forwarded::elements(&value).count() + forwarded::x_forwarded_for(&value).count();
        found += via::members(&value).count() + validator::entity_tags(&value).count();
        found += accept::media_ranges(&value).count();
        found += usize::from(accept::choose_encoding([&value[..]], &["gzip", "identity"]).is_ok());
        let value = [b"bytes=", &value[..]].concat();
        found += range::Ranges::parse(&value, usize::MAX).map_or(0, |ranges| ranges.iter().count());
        assert!(found > 0);
    }
}
