/// Takes in what `input` holds, appends the answers to `out`, and returns the bytes used.
fn advance(
    connection: &mut Connection,
    fields: &mut FieldTable,
    input: &[u8],
    out: &mut Vec<u8>,
) -> Result<usize, SendError> {
    let mut at = 0;
    while let Ok(Some((event, used))) = connection.receive(&input[at..], fields) {
        at += used;
        let status = match event {
            // What is refused need not be read first: CONNECT among others.
            Event::Head { head, .. } if head.method() != Method::GET && head.method() != Method::HEAD => {
                StatusCode::NOT_IMPLEMENTED
            }
            Event::End(_) if connection.owes_response() => StatusCode::OK,
            _ => continue,
        };
        connection.send_head(&StatusLine::new(status), &[], BodyLength::Length(3), out)?;
        connection.send_data(b"hi\n", out)?; // to HEAD it is not sent
        connection.send_end(&[], out)?;
    }
    connection.send_due(&[], out)?; // 100 (Continue) to a client that waits for it, or the answer to an error
    Ok(at)
}
