package io.inmesh.server.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides what of a generation comes into force. An object with errors keeps its previous valid
 * version while the rest applies; with {@code strict} one error refuses the whole generation. What
 * is in force survives a restart if there is a state directory. Thread-safe; meant for one source.
 */
public final class ConfigStore {

  private final boolean strict;
  private final @Nullable LastGood lastGood;
  private final List<Finding> restoreFindings = new ArrayList<>();
  private ConfigUpdate current;

  private ConfigStore(boolean strict, @Nullable LastGood lastGood) {
    this.strict = strict;
    this.lastGood = lastGood;
    ConfigSet restored =
        lastGood == null ? ConfigSet.EMPTY : ConfigSet.of(lastGood.read(restoreFindings));
    this.current = new ConfigUpdate(restored, restoreFindings); // and with the first generation
  }

  /** One that remembers only while the process lives. */
  public static ConfigStore inMemory(boolean strict) {
    return new ConfigStore(strict, null);
  }

  /** One that writes what is in force to {@code config-last-good.jsonl} in this directory. */
  public static ConfigStore persistent(Path stateDirectory, boolean strict) {
    return new ConfigStore(strict, new LastGood(stateDirectory.resolve("config-last-good.jsonl")));
  }

  /** What is in force; before the first generation, what was before the restart. */
  public synchronized ConfigUpdate current() {
    return current;
  }

  /** Applies a generation: all files of the source. */
  synchronized ConfigUpdate apply(Collection<ParsedFile> files) {
    ConfigSet before = valid(current.set());
    Admission admission = new Admission(before);
    List<ParsedObject> objects = new ArrayList<>();
    for (ParsedFile file : files) {
      admission.file(file);
      objects.addAll(file.objects());
    }
    objects.sort((a, b) -> a.at().compareTo(b.at()));
    objects.forEach(admission::object);
    admission.keepDoubtful();

    List<Finding> findings = new ArrayList<>(admission.findings);
    long errors = findings.stream().filter(Finding::isError).count();
    ConfigSet next = ConfigSet.of(admission.accepted.values());
    if (strict && errors > 0) {
      next = before.with(admission.broken);
      findings.removeIf(finding -> finding.code() == FindingCode.KEPT_PREVIOUS);
      findings.add(
          Finding.of(
              FindingCode.GENERATION_REFUSED,
              Provenance.UNKNOWN,
              errors
                  + (errors == 1 ? " error" : " errors")
                  + " and --strict: nothing of this generation was applied"));
    }
    return publish(next, findings);
  }

  /** Leaves everything in force as it is because the source cannot be read. */
  synchronized ConfigUpdate freeze(Finding why) {
    List<Finding> findings = new ArrayList<>(current.findings());
    findings.removeIf(finding -> finding.code() == why.code());
    findings.add(why);
    return publish(current.set(), findings);
  }

  /** Without what stands in for objects that never were valid. */
  private static ConfigSet valid(ConfigSet set) {
    return ConfigSet.of(
        set.all().stream().filter(each -> !(each.spec() instanceof BrokenPolicySpec)).toList());
  }

  private ConfigUpdate publish(ConfigSet set, List<Finding> findings) {
    findings.removeIf(finding -> finding.code() == FindingCode.STATE_UNWRITABLE);
    findings.addAll(restoreFindings);
    restoreFindings.clear();
    if (lastGood != null) {
      lastGood.write(valid(set), findings);
    }
    findings.sort(Finding.ORDER);
    current = new ConfigUpdate(set, findings);
    return current;
  }

  /** The decisions about one generation. */
  private static final class Admission {
    private final ConfigSet previous;
    private final Map<ResourceKey, ParsedObject> seen = new HashMap<>();
    private final Map<ResourceKey, Resource<?>> accepted = new TreeMap<>();
    private final List<Finding> findings = new ArrayList<>();

    /** What stands in for objects that never were valid. */
    private final List<Resource<?>> broken = new ArrayList<>();

    /** Files of which no object may be taken for deleted, with the reason's place. */
    private final Map<String, Provenance> doubtful = new TreeMap<>();

    Admission(ConfigSet previous) {
      this.previous = previous;
    }

    void file(ParsedFile file) {
      if (file.failure() != null) {
        findings.add(file.failure());
        doubtful.put(file.name(), file.failure().provenance());
      } else if (file.blank()) {
        boolean heldObjects =
            previous.all().stream().anyMatch(r -> r.provenance().file().equals(file.name()));
        if (heldObjects) {
          Provenance at = new Provenance(file.name(), 0, 0);
          doubtful.put(file.name(), at);
          findings.add(
              Finding.of(FindingCode.FILE_EMPTIED, at, "the file is empty; what it held is kept")
                  .withHint("delete the file to delete its objects"));
        }
      }
    }

    void object(ParsedObject object) {
      ResourceKey key = object.key();
      findings.addAll(object.findings());
      if (object.unidentified()) {
        doubtful.putIfAbsent(object.at().file(), object.at());
      }
      if (key == null) {
        return;
      }
      ParsedObject first = seen.putIfAbsent(key, object);
      if (first != null) {
        findings.add(
            Finding.of(
                    FindingCode.DUPLICATE_OBJECT,
                    key,
                    "",
                    object.at(),
                    "defined twice; the one at " + first.at() + " counts")
                .withHint("remove or rename one of them"));
      } else if (!secondDefaults(key, object.at()) && object.resource() != null) {
        accepted.put(key, object.resource());
      } else if (object.resource() == null) {
        Resource<?> before = previous.find(key).orElse(null);
        keep(before, object.at());
        if (before == null && object.instead() != null) {
          refuse(object.instead());
        }
      }
    }

    private void refuse(Resource<?> instead) {
      broken.add(instead);
      accepted.put(instead.key(), instead);
      findings.add(
          Finding.of(
                  FindingCode.BROKEN_POLICY,
                  instead.key(),
                  "",
                  instead.provenance(),
                  "it has never been valid; whoever it selects refuses every request")
              .withHint("mend it or remove it"));
    }

    private boolean secondDefaults(ResourceKey key, Provenance at) {
      if (key.kind() != Kind.MESH_DEFAULTS) {
        return false;
      }
      for (ParsedObject other : seen.values()) {
        ResourceKey otherKey = other.key();
        if (otherKey != null && otherKey.kind() == Kind.MESH_DEFAULTS && !otherKey.equals(key)) {
          findings.add(
              Finding.of(
                      FindingCode.SECOND_MESH_DEFAULTS,
                      key,
                      "",
                      at,
                      "a mesh has one MeshDefaults; '" + otherKey.name() + "' counts")
                  .withHint("merge them"));
          return true;
        }
      }
      return false;
    }

    /** Keeps what a doubtful file held and no other file defines now. */
    void keepDoubtful() {
      Set<ResourceKey> missing = new TreeSet<>();
      for (Resource<?> resource : previous.all()) {
        if (!seen.containsKey(resource.key())
            && doubtful.containsKey(resource.provenance().file())) {
          missing.add(resource.key());
        }
      }
      for (ResourceKey key : missing) {
        Resource<?> resource = previous.find(key).orElseThrow();
        Provenance at = doubtful.get(resource.provenance().file());
        keep(resource, at == null ? resource.provenance() : at);
      }
    }

    private void keep(@Nullable Resource<?> resource, Provenance at) {
      if (resource == null
          || (resource.key().kind() == Kind.MESH_DEFAULTS
              && accepted.keySet().stream().anyMatch(k -> k.kind() == Kind.MESH_DEFAULTS))) {
        return;
      }
      accepted.put(resource.key(), resource);
      findings.add(
          Finding.of(
              FindingCode.KEPT_PREVIOUS,
              resource.key(),
              "",
              at,
              "the previous valid version stays in force"));
    }
  }
}
