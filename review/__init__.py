"""Annotations → triage → Label Studio → verdicts → agreement."""
