"""A parameter sweep with LAMMPS: one neighbor bin size for each index of a Job."""
