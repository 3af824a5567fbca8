"""The DNS server is told what it serves, and keeps no answer."""

from pathlib import Path

from sandbox import dns, network


def test_it_serves_the_clusters_names_on_the_bridge_only() -> None:
    text = dns.corefile(Path("/state/dns.kubeconfig"))
    assert f"bind {network.HOST}\n" in text
    assert f"kubernetes {network.DOMAIN} " in text
    assert "kubeconfig /state/dns.kubeconfig ml-storage-sandbox\n" in text
    assert "cache" not in text
    assert "forward" not in text


def test_the_programs_plugins_are_those_that_are_configured(root: Path) -> None:
    main = (root / "sandbox/dns/coredns/main.go").read_text()
    imported = [
        line.rstrip('"').rpartition("/")[2]
        for line in main.splitlines()
        if "coredns/plugin/" in line
    ]
    text = dns.corefile(Path("/any"))
    words = [line.split()[0] for line in text.splitlines() if line.startswith("    ")]
    assert set(imported) <= set(words)
