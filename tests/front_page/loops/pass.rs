/// Passes on what is whole of the frames in `input`; returns the bytes used.
fn pass(relay: &mut Relay, sender: Role, input: &[u8], out: &mut Vec<u8>) -> Result<usize, Error> {
    let mut taken = 0;
    while let Some((piece, used)) = relay.receive(sender, &input[taken..])? {
        out.extend_from_slice(piece.bytes); // payloads as they come, headers when they are whole
        taken += used;
    }
    Ok(taken)
}
