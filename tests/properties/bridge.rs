use proptest::prelude::*;
use wirekit_laws::bridge_exchange::exchanges;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn what_passes_a_gateway_is_what_was_meant(data in prop::collection::vec(any::<u8>(), 0..400)) {
        exchanges(&data);
    }
}
