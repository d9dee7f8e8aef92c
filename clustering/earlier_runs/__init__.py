"""What earlier runs measured, so that a run that grows a corpus does nothing twice."""
