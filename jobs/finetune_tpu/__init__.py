"""Finetuning of a language model on TPUs, or on anything that JAX runs on."""
