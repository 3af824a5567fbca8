"""Answer over HTTP with a model that many replicas load from one shared directory."""
