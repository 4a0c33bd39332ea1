//! Shared setup of the black-box suites.
