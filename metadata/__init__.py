"""The vocabulary and the law: values, rules, profiles. Pure: no network, no processes, no frameworks."""
