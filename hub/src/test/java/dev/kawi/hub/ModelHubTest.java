package dev.kawi.hub;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.hub.HubException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Pulls from [TestHub], which speaks both protocols and can behave as badly as real hubs do.
class ModelHubTest {
  private static final byte[] WEIGHTS = random(100_000, 1);
  private static final byte[] README =
      "a model\n".getBytes(java.nio.charset.StandardCharsets.UTF_8);

  @TempDir private Path root;
  private final TestHub server = TestHub.start();
  private final List<String> notes = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong received = new AtomicLong();
  private ModelHub hub = new ModelHub(PullProcess.settings(server.endpoint(), Path.of("unused")));

  @BeforeEach
  void open() {
    hub.close();
    hub = new ModelHub(PullProcess.settings(server.endpoint(), root));
    server
        .repository("org/model-GGUF")
        .file("README.md", README)
        .file("model-q4_0.gguf", WEIGHTS)
        .file("model-q8_0.gguf", random(50_000, 2));
  }

  @AfterEach
  void close() {
    hub.close();
    server.close();
  }

  private static byte[] random(int size, long seed) {
    byte[] bytes = new byte[size];
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) random.nextInt();
    }
    return bytes;
  }

  private Path pull(String reference) throws IOException {
    return hub.pull(
        ModelReference.parse(reference),
        new TransferListener() {
          @Override
          public void received(long bytes, boolean earlier) {
            received.addAndGet(bytes);
          }

          @Override
          public void lost(long bytes) {
            received.addAndGet(-bytes);
          }

          @Override
          public void note(String text) {
            notes.add(text);
          }
        });
  }

  private HubException refused(String reference) {
    return assertThrows(HubException.class, () -> pull(reference));
  }

  private static String name(Hub h) {
    return h == Hub.HUGGING_FACE ? "hf.co" : "modelscope.cn";
  }

  private void assertNothingVisible() throws IOException {
    assertEquals(List.of(), hub.list().stream().flatMap(m -> m.files().stream()).toList());
  }

  @ParameterizedTest
  @EnumSource(Hub.class)
  void quantization_isPulledWholeAndFoundAgainWithoutTheNet(Hub where) throws IOException {
    Path file = pull(name(where) + "/org/model-GGUF:Q4_0");

    assertArrayEquals(WEIGHTS, Files.readAllBytes(file));
    assertEquals(WEIGHTS.length, received.get());
    assertEquals("model-q4_0.gguf", file.getFileName().toString());
    server.forget();
    assertEquals(
        Optional.of(file), hub.find(ModelReference.parse(name(where) + "/org/model-GGUF:Q4_0")));
    assertEquals(
        Optional.empty(), hub.find(ModelReference.parse(name(where) + "/org/model-GGUF:Q8_0")));
    assertEquals(List.of(), server.requests());
    assertEquals(List.of("model-q4_0.gguf"), hub.list().getFirst().files());
    assertEquals("org/model-GGUF", hub.list().getFirst().id());
  }

  @ParameterizedTest
  @EnumSource(Hub.class)
  void secondPull_fetchesNothing(Hub where) throws IOException {
    Path first = pull(name(where) + "/org/model-GGUF:Q4_0");
    long bytes = server.bytesServed();
    server.forget();
    assertEquals(first, pull(name(where) + "/org/model-GGUF:Q4_0"));
    assertTrue(server.requests().stream().noneMatch(r -> r.path().contains(".gguf")));
    assertTrue(bytes >= WEIGHTS.length);
  }

  @Test
  void layouts_areThoseOfTheHubsOwnTools() throws IOException {
    pull("hf.co/org/model-GGUF:Q4_0");
    pull("modelscope.cn/org/model-GGUF:Q4_0");
    Path hf = root.resolve("hf/models--org--model-GGUF");
    String commit = Files.readString(hf.resolve("refs/main"));
    assertTrue(
        Files.isSymbolicLink(hf.resolve("snapshots").resolve(commit).resolve("model-q4_0.gguf")));
    try (Stream<Path> blobs = Files.list(hf.resolve("blobs"))) {
      assertTrue(blobs.allMatch(b -> b.getFileName().toString().matches("[0-9a-f]{64}")));
    }
    assertTrue(Files.isRegularFile(root.resolve("ms/models/org/model-GGUF/model-q4_0.gguf")));
    assertFalse(Files.exists(root.resolve("ms/models/.kawi/org/model-GGUF")));
  }

  @Test
  void pointsInTheNameOfAModel_areWrittenAsModelScopeDoes() throws IOException {
    server.repository("Qwen/Qwen2.5-0.5B").file("x.gguf", WEIGHTS);
    Path file = pull("modelscope.cn/Qwen/Qwen2.5-0.5B");
    assertEquals(root.resolve("ms/models/Qwen/Qwen2___5-0___5B/x.gguf"), file);
    assertEquals("Qwen/Qwen2.5-0.5B", hub.list().getFirst().id());
  }

  @Test
  void indexOfModelScope_listsWhatWasPulledAndWhatWasThere() throws IOException {
    server.repository("org/model.1-GGUF").file("q4_0.gguf", WEIGHTS).file("q8_0.gguf", README);
    Path folder = root.resolve("ms/models/org/model___1-GGUF");
    Files.createDirectories(folder);
    Files.write(
        folder.resolve(".msc"),
        Pickle.write(List.of(Map.of("Path", "mine.txt", "Revision", "abc"))));
    pull("modelscope.cn/org/model.1-GGUF:Q4_0");
    pull("modelscope.cn/org/model.1-GGUF:Q8_0");

    Map<String, String> commits = ModelScopeIndex.read(folder).orElseThrow();
    assertEquals(List.of("mine.txt", "q4_0.gguf", "q8_0.gguf"), List.copyOf(commits.keySet()));
    assertEquals("abc", commits.get("mine.txt"));
    assertTrue(String.valueOf(commits.get("q4_0.gguf")).matches("[0-9a-f]{40}"));
    assertEquals(
        Map.of("id", "org/model___1-GGUF"),
        Pickle.read(Files.readAllBytes(folder.resolve(".mdl"))));
  }

  @Test
  void indexThatKawiDoesNotUnderstand_staysAsItIs() throws IOException {
    Path folder = root.resolve("ms/models/org/model-GGUF");
    Files.createDirectories(folder);
    byte[] other = Pickle.write(List.of("another form"));
    Files.write(folder.resolve(".msc"), other);
    pull("modelscope.cn/org/model-GGUF:Q4_0");
    assertArrayEquals(other, Files.readAllBytes(folder.resolve(".msc")));
    assertFalse(Files.exists(folder.resolve(".mdl")));
  }

  @Test
  void modelScope_comesFirst_andTheOtherHubStepsIn() throws IOException {
    assertTrue(pull("org/model-GGUF:Q4_0").startsWith(root.resolve("ms")));
    server.repository("org/other").file("x.gguf", WEIGHTS).huggingFace();
    assertTrue(pull("org/other").startsWith(root.resolve("hf")));
  }

  @Test
  void largeRepository_isListedPageByPage() throws IOException {
    server.pageSize(3);
    TestHub.Repository many = server.repository("org/many").huggingFace();
    for (int i = 0; i < 10; i++) {
      many.file("folder/part-" + i + ".txt", README);
    }
    many.file("z/model.gguf", WEIGHTS);
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull("hf.co/org/many")));
  }

  @Test
  void token_goesToTheHubAndNotToItsStorage() throws IOException {
    server.repository("org/closed").file("x.gguf", WEIGHTS).gated("hf_secret");
    server.repository("org/secret").file("x.gguf", WEIGHTS).gated("hf_secret");
    HubException without = refused("hf.co/org/closed");
    assertEquals(Reason.NO_ACCESS, without.reason());
    assertTrue(without.getMessage().contains("kawi login huggingface"), without.getMessage());
    assertNothingVisible();

    hub.close();
    hub =
        new ModelHub(
            PullProcess.settings(server.endpoint(), root)
                .withToken(Hub.HUGGING_FACE, "hf_secret")
                .withToken(Hub.MODEL_SCOPE, "hf_secret"));
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull("hf.co/org/secret")));
    List<TestHub.Request> ofPull =
        server.requests().stream().filter(r -> !r.path().contains("org/closed")).toList();
    assertTrue(ofPull.stream().anyMatch(r -> r.server() != TestHub.Server.HUB), ofPull.toString());
    for (TestHub.Request request : ofPull) {
      assertEquals(
          request.server() == TestHub.Server.HUB,
          request.headers().containsKey("authorization"),
          request.toString());
    }
  }

  @Test
  void unknownRepository_isReportedByBothHubs() {
    HubException e = refused("org/nothing");
    assertTrue(e.getMessage().contains("ModelScope"), e.getMessage());
    assertTrue(e.getMessage().contains("Hugging Face"), e.getMessage());
  }

  @Test
  void unknownRevision_isReported() {
    HubException e = refused("hf.co/org/model-GGUF@v9");
    assertEquals(Reason.NOT_FOUND, e.reason());
  }

  @Test
  void renamedRepository_isFollowed() throws IOException {
    server.repository("old/name").renamedTo("org/model-GGUF");
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull("hf.co/old/name:Q4_0")));
    assertEquals("org/model-GGUF", hub.list().getFirst().id());
  }

  @ParameterizedTest
  @EnumSource(Hub.class)
  void brokenConnections_areOpenedAgainFromWhereTheyWere(Hub where) throws IOException {
    server.faultsOnly("gguf").breakAfter(1000, 40);
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull(name(where) + "/org/model-GGUF:Q4_0")));
    assertTrue(server.faultsShown() > 10);
    assertEquals(WEIGHTS.length, received.get());
  }

  @Test
  void connectionThatGivesNothing_isOpenedAgain() throws IOException {
    server.faultsOnly("gguf").stall(1);
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull("hf.co/org/model-GGUF:Q4_0")));
    assertTrue(server.faultsShown() >= 1);
  }

  @Test
  void bodiesThatEndEarly_areContinued() throws IOException {
    server.faultsOnly("gguf").truncate(5);
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull("hf.co/org/model-GGUF:Q4_0")));
    assertTrue(server.faultsShown() >= 5);
  }

  @Test
  void busyAndFailingServers_areAskedAgain() throws IOException {
    server.tooManyRequests(2, "0");
    server.serverErrors(503, 2);
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull("modelscope.cn/org/model-GGUF:Q4_0")));
    assertTrue(server.faultsShown() >= 4);
  }

  @Test
  void serverThatKeepsFailing_isGivenUpWithWhatItSaid() {
    server.serverErrors(500, 1000);
    assertTrue(refused("hf.co/org/model-GGUF").getMessage().contains("answers 500"));
  }

  @Test
  void serverWithoutRanges_isReadAsAWhole() throws IOException {
    server.ignoreRange(true);
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull("hf.co/org/model-GGUF:Q4_0")));
    assertTrue(notes.getFirst().contains("only as a whole"), notes.toString());
  }

  @Test
  void serverWithoutRanges_thatBreaksOrSendsTheWrongBytes_isRefusedInWords() throws IOException {
    server.ignoreRange(true);
    server.repository("org/bad").file("x.gguf", WEIGHTS).wrongChecksum("x.gguf");
    assertEquals(Reason.DAMAGED, refused("hf.co/org/bad").reason());
    server.faultsOnly("gguf").breakAfter(70_000, 40);
    assertTrue(refused("hf.co/org/model-GGUF:Q4_0").getMessage().contains("run it again"));
    assertNothingVisible();
  }

  @Test
  void expiredLinks_areAskedForAgain() throws IOException {
    server.linksExpire(1, java.time.Duration.ofHours(1));
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull("hf.co/org/model-GGUF:Q4_0")));
  }

  @ParameterizedTest
  @EnumSource(Hub.class)
  void wrongChecksum_isFetchedOnceMoreAndThenRefused(Hub where) throws IOException {
    server.repository("org/bad").file("x.gguf", WEIGHTS).wrongChecksum("x.gguf");
    HubException e = refused(name(where) + "/org/bad");
    assertEquals(Reason.DAMAGED, e.reason());
    assertTrue(notes.getFirst().contains("fetching it once more"), notes.toString());
    assertNothingVisible();
  }

  @Test
  void pointerInPlaceOfTheFile_isRefused() throws IOException {
    server.repository("org/pointer").file("x.gguf", WEIGHTS).lfsPointerOnly("x.gguf");
    assertThrows(HubException.class, () -> pull("hf.co/org/pointer"));
    assertNothingVisible();
  }

  @Test
  void folder_becomesVisibleOnlyWhenAllOfItIsThere() throws IOException {
    server
        .repository("org/folder")
        .file("config.json", README)
        .file("model.safetensors", WEIGHTS)
        .wrongChecksum("model.safetensors");
    refused("hf.co/org/folder");
    refused("modelscope.cn/org/folder");
    assertNothingVisible();
    server
        .repository("org/good")
        .file("config.json", README)
        .file("model.safetensors", WEIGHTS)
        .file("tokenizer.json", README);
    Path folder = pull("hf.co/org/good");
    assertArrayEquals(README, Files.readAllBytes(folder.resolve("config.json")));
    assertArrayEquals(WEIGHTS, Files.readAllBytes(folder.resolve("model.safetensors")));
  }

  @ParameterizedTest
  @EnumSource(Hub.class)
  void killedPull_goesOnAndGivesTheRightFile(Hub where) throws Exception {
    String reference = name(where) + "/org/model-GGUF:Q4_0";
    SplittableRandom random = new SplittableRandom(3);
    server.faultsOnly("gguf").slow(30_000);
    for (int i = 0; i < 3; i++) {
      long before = server.bytesServed();
      long enough = 3_000L + random.nextInt(20_000);
      Process process = PullProcess.start(server.endpoint(), root, reference);
      while (process.isAlive() && server.bytesServed() - before < enough) {
        Thread.sleep(5);
      }
      process.destroyForcibly().waitFor();
      assertNothingVisible();
    }
    server.slow(0);
    long before = server.bytesServed();
    Path file = pull(reference);
    assertArrayEquals(WEIGHTS, Files.readAllBytes(file));
    assertTrue(server.bytesServed() - before < WEIGHTS.length + 4000, "nothing was kept");
    assertEquals(WEIGHTS.length, received.get());
  }

  @Test
  void interruptedPull_keepsPartsOfChunks() throws Exception {
    HubSettings small = PullProcess.settings(server.endpoint(), root);
    HubSettings oneChunk =
        new HubSettings(
            small.hubs(),
            small.endpoints(),
            small.stores(),
            Map.of(),
            Map.of(),
            false,
            Optional.empty(),
            List.of(),
            Optional.empty(),
            WEIGHTS.length + 1,
            1,
            small.retryDelay(),
            small.firstContact(),
            small.patience());
    ModelReference reference = ModelReference.parse("hf.co/org/model-GGUF:Q4_0");
    server.faultsOnly("gguf").breakAfter(75_000, 100);
    server.ignoreRange(false);
    try (ModelHub first = new ModelHub(oneChunk)) {
      Thread pulling = Thread.currentThread();
      assertThrows(
          IOException.class,
          () ->
              first.pull(
                  reference,
                  new TransferListener() {
                    private long bytes;

                    @Override
                    public void received(long count, boolean earlier) {
                      bytes += count;
                      if (bytes >= 74_000) {
                        pulling.interrupt();
                      }
                    }
                  }));
    }
    boolean _ = Thread.interrupted();
    server.faultsOnly("gguf").breakAfter(0, 0);
    long before = server.bytesServed();
    try (ModelHub second = new ModelHub(oneChunk)) {
      assertArrayEquals(WEIGHTS, Files.readAllBytes(second.pull(reference, TransferListener.NONE)));
    }
    assertTrue(server.bytesServed() - before < 55_000, "served " + (server.bytesServed() - before));
  }

  @ParameterizedTest
  @EnumSource(Hub.class)
  void twoProcesses_pullTheSameFileOnce(Hub where) throws Exception {
    String reference = name(where) + "/org/model-GGUF:Q4_0";
    server.faultsOnly("gguf").slow(100_000);
    Process one = PullProcess.start(server.endpoint(), root, reference);
    Process two = PullProcess.start(server.endpoint(), root, reference);
    assertTrue(one.waitFor(10, TimeUnit.MINUTES) && two.waitFor(10, TimeUnit.MINUTES));
    assertEquals(List.of(0, 0), List.of(one.exitValue(), two.exitValue()));
    Path file = hub.find(ModelReference.parse(reference)).orElseThrow();
    assertArrayEquals(WEIGHTS, Files.readAllBytes(file));
  }

  @Test
  void changedFile_isFetchedAnewAndAnOldJournalIsNotBelieved() throws Exception {
    pull("modelscope.cn/org/model-GGUF:Q4_0");
    byte[] changed = random(100_000, 9);
    server.repository("org/model-GGUF").file("model-q4_0.gguf", changed);
    assertArrayEquals(changed, Files.readAllBytes(pull("modelscope.cn/org/model-GGUF:Q4_0")));
    assertArrayEquals(changed, Files.readAllBytes(pull("hf.co/org/model-GGUF:Q4_0")));
  }

  @Test
  void whatOtherToolsHavePulled_isUsedWithoutACopy() throws IOException {
    Path snapshot = root.resolve("hf/models--a--b/snapshots/0123456789abcdef");
    Files.createDirectories(snapshot);
    Files.createDirectories(root.resolve("hf/models--a--b/refs"));
    Files.writeString(root.resolve("hf/models--a--b/refs/main"), "0123456789abcdef");
    Files.write(snapshot.resolve("x-Q4_K_M.gguf"), WEIGHTS);
    Path old = root.resolve("ms/a/c___1");
    Files.createDirectories(old);
    Files.write(old.resolve("y.gguf"), WEIGHTS);

    assertEquals(
        Optional.of(snapshot.resolve("x-Q4_K_M.gguf")),
        hub.find(ModelReference.parse("a/b:Q4_K_M")));
    assertEquals(Optional.of(old.resolve("y.gguf")), hub.find(ModelReference.parse("a/c.1")));
    assertEquals(2, hub.list().size());
    assertEquals(List.of(), server.requests());
  }

  @Test
  void removedModel_isGoneFromDisk() throws IOException {
    pull("hf.co/org/model-GGUF:Q4_0");
    pull("modelscope.cn/org/model-GGUF:Q4_0");
    assertEquals(
        List.of(Hub.MODEL_SCOPE, Hub.HUGGING_FACE),
        hub.remove(ModelReference.parse("org/model-GGUF")));
    assertNothingVisible();
    assertEquals(List.of(), hub.remove(ModelReference.parse("org/model-GGUF")));
  }

  @ParameterizedTest
  @EnumSource(Hub.class)
  void removedQuantization_leavesTheOthers(Hub where) throws IOException {
    pull(name(where) + "/org/model-GGUF:Q4_0");
    Path other = pull(name(where) + "/org/model-GGUF:Q8_0");
    ModelReference q4 = ModelReference.parse(name(where) + "/org/model-GGUF:Q4_0");
    assertEquals(List.of("model-q4_0.gguf"), hub.local(q4).getFirst().files());
    assertEquals(WEIGHTS.length, hub.local(q4).getFirst().bytes());
    assertEquals(List.of(where), hub.remove(q4));
    assertEquals(Optional.empty(), hub.find(q4));
    assertEquals(List.of(), hub.remove(q4));
    assertEquals(List.of("model-q8_0.gguf"), hub.list().getFirst().files());
    assertEquals(50_000, Files.size(other));
    try (Stream<Path> files = Files.walk(root)) {
      assertEquals(
          1, files.filter(f -> Files.isRegularFile(f, NOFOLLOW_LINKS) && large(f)).count());
    }
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull(q4.toString())));
    hub.remove(q4);
    hub.remove(ModelReference.parse(name(where) + "/org/model-GGUF:Q8_0"));
    assertEquals(List.of(), hub.list());
  }

  private static boolean large(Path file) {
    try {
      return Files.size(file) > 10_000;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void namesOfFilesThatLeadOutOfTheStore_areRefused() {
    server.repository("org/evil").file("../../evil.gguf", WEIGHTS);
    for (String where : List.of("hf.co", "modelscope.cn")) {
      assertThrows(IllegalArgumentException.class, () -> pull(where + "/org/evil"), where);
    }
  }

  @Test
  void offline_nothingGoesOverTheNet() {
    HubSettings settings = PullProcess.settings(server.endpoint(), root);
    HubSettings offline =
        new HubSettings(
            settings.hubs(),
            settings.endpoints(),
            settings.stores(),
            Map.of(),
            Map.of(),
            true,
            Optional.empty(),
            List.of(),
            Optional.empty(),
            4096,
            2,
            settings.retryDelay(),
            settings.firstContact(),
            settings.patience());
    try (ModelHub closed = new ModelHub(offline)) {
      HubException e =
          assertThrows(
              HubException.class,
              () -> closed.pull(ModelReference.parse("org/model-GGUF"), TransferListener.NONE));
      assertEquals(Reason.OFFLINE, e.reason());
    }
    assertEquals(List.of(), server.requests());
  }

  @Test
  void proxy_isAsked() throws IOException {
    HubSettings settings = PullProcess.settings(server.endpoint(), root);
    HubSettings behind =
        new HubSettings(
            List.of(Hub.HUGGING_FACE),
            Map.of(Hub.HUGGING_FACE, java.net.URI.create("http://hub.invalid")),
            settings.stores(),
            Map.of(),
            Map.of(),
            false,
            Optional.of(server.endpoint()),
            List.of(),
            Optional.empty(),
            4096,
            2,
            settings.retryDelay(),
            settings.firstContact(),
            settings.patience());
    try (ModelHub through = new ModelHub(behind)) {
      assertEquals(3, through.show(ModelReference.parse("org/model-GGUF")).files().size());
    }
    assertTrue(server.requests().stream().anyMatch(r -> r.path().contains("org/model-GGUF")));
  }

  @Test
  void search_asksBothHubs() throws IOException {
    List<SearchResult> results = hub.search("model", 5);
    assertTrue(
        results.stream()
            .map(SearchResult::hub)
            .toList()
            .containsAll(List.of(Hub.MODEL_SCOPE, Hub.HUGGING_FACE)),
        results.toString());
  }

  @Test
  void unreachableHub_isNamedWithTheCure() {
    server.close();
    HubException e = refused("org/model-GGUF");
    assertTrue(e.getMessage().contains("HTTPS_PROXY"), e.getMessage());
  }
}
