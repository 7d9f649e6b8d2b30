"""A vault from the documents, with the clock running: installed, restored, rotated, handed over, upgraded."""
