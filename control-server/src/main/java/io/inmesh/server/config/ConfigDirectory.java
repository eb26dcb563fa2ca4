package io.inmesh.server.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The files of a configuration directory: {@code *.yaml}, {@code *.yml}, {@code *.json}, also in
 * directories below it and behind links. Names that begin with a dot are left out: editors and
 * Kubernetes' atomic volume updates use them. Not thread-safe.
 */
final class ConfigDirectory {

  /** Files of one directory. */
  static final int MAX_FILES = 10_000;

  private static final int MAX_DEPTH = 32;

  private final Path root;
  private final Map<String, Cached> cache = new HashMap<>();

  ConfigDirectory(Path root) {
    this.root = root;
  }

  /**
   * What there is, without reading it.
   *
   * @throws IOException if the directory is not there or has too many files; the message says which
   */
  Listing list() throws IOException {
    if (!Files.isDirectory(root)) {
      if (Files.exists(root)) {
        throw new NotDirectoryException(root + " is not a directory");
      }
      throw new NoSuchFileException(root + " does not exist");
    }
    Listing listing = new Listing(new TreeMap<>(), new TreeSet<>(), identity());
    try {
      Files.walkFileTree(
          root, EnumSet.of(FileVisitOption.FOLLOW_LINKS), MAX_DEPTH, new Walk(listing));
    } catch (AccessDeniedException e) {
      throw new IOException(e.getFile() + " may not be read", e);
    }
    if (listing.files.size() > MAX_FILES) {
      throw new IOException(
          root + " has more than " + MAX_FILES + " files; split the configuration");
    }
    return listing;
  }

  /** Reads and parses the files; those with the same content as last time are not parsed again. */
  SortedMap<String, ParsedFile> read(Listing listing) {
    SortedMap<String, ParsedFile> files = new TreeMap<>();
    for (String name : listing.files.keySet()) {
      files.put(name, read(name));
    }
    cache.keySet().retainAll(files.keySet());
    return files;
  }

  private ParsedFile read(String name) {
    byte[] content;
    try (InputStream in = Files.newInputStream(root.resolve(name))) {
      content = in.readNBytes(DocumentParser.MAX_BYTES + 1);
    } catch (IOException e) {
      cache.remove(name);
      return ParsedFile.unreadable(
          Finding.of(
              FindingCode.FILE_UNREADABLE,
              new Provenance(name, 0, 0),
              "the file cannot be read: " + e));
    }
    String hash = Hashes.sha256(content);
    Cached cached = cache.get(name);
    if (cached == null || !cached.hash.equals(hash)) {
      cached = new Cached(hash, ParsedFile.parse(name, content));
      cache.put(name, cached);
    }
    return cached.file;
  }

  private String identity() throws IOException {
    return Objects.toString(Files.readAttributes(root, BasicFileAttributes.class).fileKey(), "");
  }

  /**
   * What a directory holds.
   *
   * @param files by name, with what changes when their content does: size, time, inode
   * @param directories all of them, for watching
   * @param identity tells this directory from another one that takes its place
   */
  record Listing(SortedMap<String, String> files, SortedSet<Path> directories, String identity) {}

  private record Cached(String hash, ParsedFile file) {}

  final class Walk extends SimpleFileVisitor<Path> {
    private final Listing listing;

    Walk(Listing listing) {
      this.listing = listing;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
      if (!directory.equals(root) && isHidden(directory)) {
        return FileVisitResult.SKIP_SUBTREE;
      }
      listing.directories.add(directory);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      boolean readable = attributes.isRegularFile() || attributes.isSymbolicLink();
      if (readable && isConfig(file)) {
        listing.files.put(
            root.relativize(file).toString().replace('\\', '/'),
            attributes.size()
                + "@"
                + attributes.lastModifiedTime()
                + "#"
                + Objects.toString(attributes.fileKey(), ""));
      }
      return listing.files.size() > MAX_FILES
          ? FileVisitResult.TERMINATE
          : FileVisitResult.CONTINUE;
    }

    /**
     * What vanished a moment ago is gone, a loop of links has been seen. A directory that cannot be
     * read must not pass for an empty one.
     */
    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (file.equals(root)) {
        throw e;
      }
      if (e instanceof NoSuchFileException || e instanceof FileSystemLoopException) {
        return FileVisitResult.CONTINUE;
      }
      if (isConfig(file)) {
        listing.files.put(root.relativize(file).toString().replace('\\', '/'), "unreadable");
      } else if (!isHidden(file)) {
        throw e;
      }
      return FileVisitResult.CONTINUE;
    }

    private static boolean isHidden(Path path) {
      Path name = path.getFileName();
      return name != null && name.toString().startsWith(".");
    }

    private static boolean isConfig(Path file) {
      String name = file.toString().toLowerCase(Locale.ROOT);
      return !isHidden(file)
          && (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json"));
    }
  }
}
