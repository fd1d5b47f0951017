//! The kiosk program: runtime, store, drivers, office client, bench.
