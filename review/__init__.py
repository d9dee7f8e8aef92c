"""Annotations → triage → Label Studio → verdicts. Its extra is declared; its verbs follow."""
