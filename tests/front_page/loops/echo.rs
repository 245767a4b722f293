/// Echoes what is whole in `buf` into `out`; returns the bytes used.
fn echo(server: &mut Connection, buf: &mut [u8], out: &mut Vec<u8>) -> Result<usize, SendError> {
    let mut taken = 0;
    while let Ok(Some((event, used))) = server.receive(&mut buf[taken..]) {
        match event {
            Event::Text(text) => server.send_text(text, None, out)?,
            Event::Binary(bytes) => server.send_binary(bytes, None, out)?,
            Event::Data(piece) => server.send_data(piece, None, out)?,
            _ => server.send_due(None, out)?, // a pong, or the answer to a Close frame
        };
        taken += used;
    }
    server.send_due(None, out)?; // the Close frame that reports an error
    Ok(taken)
}
