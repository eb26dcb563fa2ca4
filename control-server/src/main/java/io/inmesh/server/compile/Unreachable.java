package io.inmesh.server.compile;

import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.util.Collection;
import java.util.List;

/** Matches that never decide, because one tried before takes all their requests. */
final class Unreachable {
  /** More than this many matches on one port are not compared with one another. */
  static final int LIMIT = 1_000;

  private Unreachable() {}

  /** Within a route this was found when the route was read; here, between routes. */
  static void find(List<Candidate> inOrder, Collection<Finding> findings) {
    if (inOrder.size() > LIMIT) {
      return;
    }
    for (int i = 1; i < inOrder.size(); i++) {
      Candidate late = inOrder.get(i);
      for (int j = 0; j < i; j++) {
        Candidate early = inOrder.get(j);
        if (early.rule().match().covers(late.rule().match())) {
          if (!early.route().equals(late.route())) {
            findings.add(
                Finding.of(
                    FindingCode.MATCH_UNREACHABLE,
                    late.route(),
                    late.pointer(),
                    late.provenance(),
                    "all its requests are taken by " + early.rule().name() + " before"));
          }
          break;
        }
      }
    }
  }
}
