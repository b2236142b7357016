"""What nvdsanalytics computes: regions, crowds, directions and crossed lines, source by source."""
