"""Kills the leaders of units of PostgreSQL under Patroni while people sign up."""
