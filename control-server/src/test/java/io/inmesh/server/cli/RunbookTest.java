package io.inmesh.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.ca.AdminSecrets;
import io.inmesh.server.ca.Rotation;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every command that the page about certificates tells operators to run, run as it stands there.
 */
class RunbookTest {
  private static final Path PAGE = Path.of("..", "docs", "certificates.md");
  private static final String OLD = "0a9d41c06f13";
  private static final String NEW = "5e1f0c77a2b9";
  private static final String TOKEN = "4f9c02d1a7e3";

  @TempDir Path dir;
  private Path state = Path.of("");
  private final Map<String, String> meant = new TreeMap<>();

  @Test
  void commands_ofThePage_doWhatItSays() throws Exception {
    List<List<String>> commands = commands();
    assertThat(commands)
        .extracting(words -> words.get(0) + " " + words.get(1))
        .contains(
            "ca status",
            "ca renew",
            "ca prepare",
            "ca activate",
            "ca taint",
            "ca revoke",
            "identity ban",
            "identity unban",
            "token create",
            "token list",
            "token revoke");
    state = dir.resolve("state");
    meant.put("state/", state.toString());
    for (String key : List.of("root-key.pem", "next-root-key.pem")) {
      meant.put("/media/safe/" + key, dir.resolve(key).toString());
    }
    Path passphrase = Files.writeString(dir.resolve("passphrase"), "correct horse\n");
    meant.put("/run/secrets/root-passphrase", passphrase.toString());
    assertThat(commands.get(0)).startsWith("ca", "init");
    String nothing = run(commands.remove(0));
    assertThat(nothing).isEmpty();
    try (ControlServer server =
        ControlServer.start(ControlServerOptions.loopback().withInsecure(false).withState(state))) {
      String initial = active(server).id();
      String signed = active(server).signerExpires();
      for (List<String> words : commands) {
        String output = run(server, words);
        if (words.get(1).equals("prepare")) {
          meant.put(OLD, active(server).id());
          meant.put(NEW, output.strip());
        } else if (words.get(1).equals("create")) {
          String token = output.substring(output.indexOf("INMESH_TOKEN=") + 13);
          meant.put(TOKEN, token.substring(0, token.indexOf('.')));
        }
      }
      assertThat(active(server).id()).isEqualTo(meant.get(NEW)).isNotEqualTo(initial);
      assertThat(signed).isNotEmpty();
      String audit = Files.readString(state.resolve("audit.log"));
      assertThat(audit)
          .contains("ca renewed", "ca revoked", "\"forced\":\"true\"", "banned", "token revoked");
      assertThat(Objects.requireNonNull(server.ca()).findings()).isEmpty();
    }
  }

  private static Rotation.Status active(ControlServer server) {
    return Objects.requireNonNull(server.ca()).rotation().status().stream()
        .filter(known -> known.phase().equals("ACTIVE"))
        .findFirst()
        .orElseThrow();
  }

  /** The lines that begin with {@code $ inmesh}, without comments; not those that start servers. */
  private static List<List<String>> commands() throws Exception {
    List<List<String>> commands = new ArrayList<>();
    for (String line : Files.readAllLines(PAGE)) {
      if (line.startsWith("$ inmesh ") && !line.startsWith("$ inmesh serve")) {
        int comment = line.indexOf('#');
        String command = comment < 0 ? line : line.substring(0, comment);
        commands.add(List.of(command.substring("$ inmesh ".length()).strip().split(" +", -1)));
      }
    }
    return commands;
  }

  private String run(ControlServer server, List<String> words) {
    List<String> args = new ArrayList<>(words);
    args.add("--admin");
    args.add("https://" + HostPort.text(server.adminAddress()));
    args.add("--admin-secret");
    args.add(AdminSecrets.file(state, AdminRole.CA).toString());
    return run(args);
  }

  private String run(List<String> words) {
    String[] args =
        words.stream().map(word -> meant.getOrDefault(word, word)).toArray(String[]::new);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit = Main.run(new PrintWriter(out), new PrintWriter(err), args);
    assertThat(exit).as(String.join(" ", words) + ": " + err).isZero();
    return out.toString();
  }
}
