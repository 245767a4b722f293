fn drive(
    connection: &mut Connection,
    fields: &mut FieldTable,
    input: &mut BytesMut,
    out: &mut BytesMut,
) -> Result<(), SendError> {
    while let Ok(Some((event, used))) = connection.receive(input, fields) {
        handle(event, connection, out)?;
        input.advance(used);
    }
    connection.send_due(&[], out)?; // 100 (Continue) to a client that waits for it, or the answer to an error
    Ok(())
}
// Write `out`; if connection.wants_input(), read more into `input`; at the end of file, connection.receive_eof(), and
// once more around.

fn handle(event: Event<'_>, connection: &mut Connection, out: &mut BytesMut) -> Result<(), SendError> {
    let status = match event {
        // A refusal need not wait for the rest. What follows CONNECT may be meant for the tunnel.
        Event::Head { head, .. } if head.method() == Method::CONNECT => {
            connection.close_after_response();
            StatusCode::NOT_IMPLEMENTED
        }
        Event::End(_) if connection.owes_response() => StatusCode::NO_CONTENT,
        _ => return Ok(()),
    };
    connection.send_head(&StatusLine::new(status), &[], BodyLength::None, out)?;
    connection.send_end(&[], out)?;
    Ok(())
}
