package io.inmesh.call.engine;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.RequestHead;
import java.util.List;

/** What an authority leads to, where a first look in the configuration did not find it. */
final class ServiceSearch {
  /** What was found. */
  sealed interface Result {
    /** A service. */
    record Found(ServiceRoutes service) implements Result {}

    /** Nothing yet: the control server was asked. */
    record Later() implements Result {}

    /** Nothing that may be called. */
    record Refused(Reason reason, String message) implements Result {}
  }

  private ServiceSearch() {}

  static Result of(MeshEngine engine, CompiledMesh mesh, RequestHead head) {
    Resolution found = engine.resolve(mesh, head.authority(), head.scheme(), head.kind());
    ServiceRoutes service = found.service();
    if (service != null) {
      return new Result.Found(service);
    }
    return found.unknown() ? new Result.Later() : unknownHost(engine, mesh, head, found);
  }

  private static Result unknownHost(
      MeshEngine engine, CompiledMesh mesh, RequestHead head, Resolution found) {
    List<String> candidates = found.candidates();
    for (String candidate : candidates) {
      String problem = mesh.problems.get(candidate);
      if (problem != null) {
        return new Result.Refused(
            Reason.NO_SUCH_SERVICE, "its configuration is not valid: " + problem);
      }
    }
    if (engine.names.isMeshName(MeshNames.Parts.of(head.authority()).host())) {
      return new Result.Refused(
          Reason.NO_SUCH_SERVICE, noSuchService(mesh, head.authority(), candidates));
    }
    return new Result.Found(UnknownHosts.UNSAID);
  }

  private static String noSuchService(
      CompiledMesh mesh, String authority, List<String> candidates) {
    StringBuilder text = new StringBuilder("no service '").append(authority);
    text.append("' (looked for ").append(candidates);
    for (String candidate : candidates) {
      String said = mesh.snapshot.absent().getOrDefault(candidate, "");
      if (!said.isEmpty()) {
        text.append("; the control server says: ").append(said);
        break;
      }
    }
    return text.append(')').toString();
  }
}
