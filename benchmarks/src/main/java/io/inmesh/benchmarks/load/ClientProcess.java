package io.inmesh.benchmarks.load;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A process that sends load as it is told on standard input, one command a line: {@code closed
 * CONCURRENCY SECONDS}, {@code open RATE SECONDS}, {@code quit}. Answers each with the {@link
 * Sample} as one line of JSON; the first line it prints is {@code ready}. Ends with its parent.
 */
public final class ClientProcess {
  /** The name of the thread that sends in an open loop; it may run on any core. */
  public static final String GENERATOR = "generator";

  private ClientProcess() {}

  /** Arguments: the class of the {@link Client.Factory}, then {@link Client.Settings} as JSON. */
  public static void main(String[] args) throws Exception {
    JsonMapper json = new JsonMapper();
    Client.Factory factory =
        Class.forName(args[0])
            .asSubclass(Client.Factory.class)
            .getDeclaredConstructor()
            .newInstance();
    Client.Settings settings = json.readValue(args[1], Client.Settings.class);
    try (Client client = factory.create(settings);
        LoadGenerator load = new LoadGenerator(client);
        BufferedReader commands =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      System.out.println("ready");
      String line;
      while ((line = commands.readLine()) != null && !line.equals("quit")) {
        System.out.println(json.writeValueAsString(run(load, line.split(" ", -1))));
      }
    }
    System.exit(0); // some clients leave threads behind
  }

  private static Sample run(LoadGenerator load, String[] command)
      throws InterruptedException, ExecutionException {
    double seconds = Double.parseDouble(command[2]);
    return switch (command[0]) {
      case "closed" -> load.closed(Integer.parseInt(command[1]), seconds);
      case "open" -> load.open(Double.parseDouble(command[1]), seconds);
      default -> throw new IllegalArgumentException("unknown command '" + command[0] + "'");
    };
  }
}
