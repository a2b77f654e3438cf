"""Shortest ways on the tracks of vehicles, against SciPy."""

import numpy as np
import pytest
from scipy.sparse.csgraph import shortest_path

from danao.plant import Edge, Fleet
from danao.twin.tracks import _nodes, _shortest


@pytest.mark.parametrize("seed", range(30))
def test_the_next_edges_lead_the_shortest_way(seed):
    random = np.random.default_rng(seed)
    names = [str(number) for number in range(int(random.integers(2, 9)))]
    edges = tuple(
        Edge(*random.choice(names, 2, replace=False), float(random.integers(1, 9)), bool(random.random() < 0.5))
        for _ in range(int(random.integers(1, 16)))
    )
    fleet = Fleet("carts", (("*", "*"),), 1, 1.0, edges, {})
    nodes = _nodes(fleet)
    next_node, next_edge, distance = _shortest(fleet, nodes, 100)
    lengths = np.zeros((len(nodes), len(nodes)))
    for edge in edges:
        for a, b in [(edge.start, edge.end)] if edge.one_way else [(edge.start, edge.end), (edge.end, edge.start)]:
            known = lengths[nodes[a], nodes[b]]
            lengths[nodes[a], nodes[b]] = min(known, edge.length) if known else edge.length
    assert np.array_equal(distance, shortest_path(lengths))
    for start in nodes.values():
        for goal in nodes.values():
            if start == goal or np.isinf(distance[start, goal]):
                assert next_node[start, goal] == next_edge[start, goal] == -1
                continue
            node, length = start, 0.0
            while node != goal:
                length += edges[next_edge[node, goal] - 100].length
                node = next_node[node, goal]
            assert length == distance[start, goal]
