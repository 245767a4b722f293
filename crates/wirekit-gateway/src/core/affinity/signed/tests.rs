use super::*;

fn keys(text: &[&str]) -> Keys {
    let lines: Vec<String> = text.iter().map(|key| key.repeat(32)).collect();
    Keys::parse(lines.join("\n").as_bytes()).unwrap()
}

fn cookie(upstream: &str, name: &str, text: &[&str]) -> RouteCookie {
    RouteCookie::new(upstream, name, &keys(text))
}

fn server(found: Result<Route, Cause>) -> Result<String, Cause> {
    found.map(|route| route.server)
}

/// Gateways of other versions, and other makes, are to read it.
#[test]
fn the_value_is_what_the_page_says() {
    let value = cookie("app", "route", &["k"]).sign("a.1", 1000);
    // python3: hmac.digest(b"k" * 32, b"".join(struct.pack("<Q", len(x)) + x for x in
    //   [b"wirekit-gateway route 1", b"app", b"route"]) + b"a.1.0", "sha256")[:16]
    assert_eq!(value, "a.1.0.IAlsRJUok0hVZSI9UnXbwg");
}

#[test]
fn what_was_signed_for_this_upstream_is_a_route_and_nothing_else() {
    let own = cookie("app", "route", &["k"]);
    let value = own.sign("a", 1000);
    assert_eq!(server(own.verify(value.as_bytes(), 1000)), Ok("a".into()));
    let (signed, code) = value.rsplit_once('.').unwrap();
    let longer = URL_SAFE_NO_PAD.encode([URL_SAFE_NO_PAD.decode(code).unwrap(), vec![0]].concat());
    let rows = [
        cookie("app2", "route", &["k"]).sign("a", 1000),
        cookie("app", "route2", &["k"]).sign("a", 1000),
        cookie("app", "route", &["l"]).sign("a", 1000),
        // The same bytes in other names.
        cookie("appr", "oute", &["k"]).sign("a", 1000),
        value.replacen('a', "b", 1),
        value.replacen(".0.", ".1.", 1),
        value.replacen(".0.", ".00.", 1),
        format!("{value}="),
        format!("{value}A"),
        format!("{signed}.{longer}"),
        format!("\"{value}\""),
        format!("{value}; a"),
        format!(" {value}"),
        value.split_at(value.len() - 1).0.to_owned(),
        value.split_at(value.len() - 2).0.to_owned(),
        signed.to_owned(),
        code.to_owned(),
        format!("{signed}."),
        format!(".{code}"),
        "a".into(),
        String::new(),
        ".".into(),
        "..".into(),
        "\0".into(),
        "ä.0.ä".into(),
        "a".repeat(65_536),
        ".".repeat(65_536),
    ];
    for row in rows {
        let found = own.verify(row.as_bytes(), 1000);
        assert_eq!(found, Err(Cause::Forged), "{row:.80}");
    }
    assert_eq!(own.verify(b"\xff.0.\xff", 1000), Err(Cause::Forged));
}

#[test]
fn the_last_bits_of_a_code_are_part_of_it() {
    let own = cookie("app", "route", &["k"]);
    let value = own.sign("a", 1000);
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let right = alphabet.iter().filter(|last| {
        let mut other = value.clone().into_bytes();
        *other.last_mut().unwrap() = **last;
        own.verify(&other, 1000).is_ok()
    });
    assert_eq!(right.count(), 1);
}

#[test]
fn a_key_is_replaced_without_a_user_who_moves() {
    let (old, both, new) = (
        cookie("app", "route", &["o"]),
        cookie("app", "route", &["n", "o"]),
        cookie("app", "route", &["n"]),
    );
    let value = old.sign("a", 1000);
    assert_eq!(server(both.verify(value.as_bytes(), 1000)), Ok("a".into()));
    let value = both.sign("a", 1000);
    assert_eq!(server(new.verify(value.as_bytes(), 1000)), Ok("a".into()));
    assert_eq!(old.verify(value.as_bytes(), 1000), Err(Cause::Forged));
}

#[test]
fn a_route_ends_and_is_signed_anew_before() {
    let own = cookie("app", "route", &["k"]).max_age(Some(Duration::from_secs(100)));
    let value = own.sign("a", 1000);
    let route = own.verify(value.as_bytes(), 1099).unwrap();
    assert_eq!(route.expires, 1100);
    assert_eq!(own.verify(value.as_bytes(), 1100), Err(Cause::Expired));
    assert!(!own.is_due(&route, 1049));
    assert!(own.is_due(&route, 1050));
    // Signed before there was a max_age, and after it was taken out.
    let endless = cookie("app", "route", &["k"]);
    let value = endless.sign("a", 1000);
    assert!(own.is_due(&own.verify(value.as_bytes(), 1000).unwrap(), 1000));
    assert!(!endless.is_due(&route, 1099));
}

#[test]
fn the_routes_of_a_request_do_not_depend_on_the_order_of_its_cookies() {
    let own = cookie("app", "route", &["k"]).max_age(Some(Duration::from_secs(100)));
    let (a, b) = (own.sign("a", 1000), own.sign("b", 1000));
    let (later, expired) = (own.sign("a", 1010), own.sign("a", 900));
    let many: Vec<String> = (0..9).map(|at| format!("route={at}")).collect();
    let many = many.join("; ");
    type Row<'r> = (&'r [String], Result<&'r [&'r str], Cause>);
    let rows: &[Row<'_>] = &[
        (&[], Ok(&[])),
        (&["other=1".into()], Ok(&[])),
        (&[format!("route={a}")], Ok(&["a"])),
        (&[format!("route={b}; route={a}")], Ok(&["a", "b"])),
        (&[format!("route={a}; route={a}")], Ok(&["a"])),
        (&[format!("route={a}; route={later}")], Ok(&["a"])),
        (
            &[format!("route=x; route={b}"), "route=".into()],
            Ok(&["b"]),
        ),
        (&["route=x".into()], Err(Cause::Forged)),
        (&[format!("route=x; route={expired}")], Err(Cause::Expired)),
        (&[many], Err(Cause::Duplicated)),
    ];
    for (lines, expected) in rows {
        let expected = expected.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
        for lines in [lines.to_vec(), lines.iter().rev().cloned().collect()] {
            let routes = own.routes(lines.iter().map(|line| line.as_bytes()), 1010);
            let servers: Result<Vec<String>, Cause> =
                routes.map(|routes| routes.into_iter().map(|route| route.server).collect());
            assert_eq!(servers, expected, "{lines:?}");
        }
    }
    let lines = format!("route={a}; route={later}");
    let routes = own.routes([lines.as_bytes()].into_iter(), 1010).unwrap();
    assert_eq!(routes[0].expires, 1110);
}

#[test]
fn the_field_says_who_may_have_the_cookie() {
    let own = cookie("app", "route", &["k"]);
    let value = own.sign("a", 1000);
    assert_eq!(
        own.set("a", 1000, false),
        format!("route={value}; Path=/; HttpOnly; SameSite=Lax")
    );
    let own = own.path("/shop").max_age(Some(Duration::from_secs(3600)));
    let value = own.sign("a", 1000);
    assert_eq!(
        own.set("a", 1000, true),
        format!("route={value}; Path=/shop; Max-Age=3600; HttpOnly; SameSite=Lax; Secure")
    );
}
