"""From verdicts to an adapter, and the starter model that lets everything run offline."""
