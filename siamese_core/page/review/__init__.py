"""The Review tab: answers again, conflicts, contradictions, exports."""
