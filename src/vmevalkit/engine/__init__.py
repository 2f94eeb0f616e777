"""The sweep: how every long job runs."""
