package dev.kawi.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurvesTest {
  /// What a browser would fetch. Comments with the address of a library are none of it.
  private static final Pattern FETCHED =
      Pattern.compile(
          "(src|href)\\s*=\\s*[\"']|url\\(|@import|import\\(|fetch\\(|XMLHttpRequest|WebSocket");

  @TempDir private Path temp;

  /// A run that looks like a tuning: a loss that falls and jitters, a rate that warms up and
  /// decays.
  private RunReader tuning(int steps) {
    SplittableRandom random = new SplittableRandom(7);
    try (Run run = Run.open(temp.resolve("run"), RunRequest.of("tune <sft>"))) {
      for (int step = 1; step <= steps; step++) {
        double part = (double) step / steps;
        double loss = 1.2 + 2.5 * Math.exp(-6 * part) + 0.35 * (random.nextDouble() - 0.5);
        double rate = 1e-4 * (part < 0.05 ? part / 0.05 : 0.5 + 0.5 * Math.cos(Math.PI * part));
        double norm = step == steps / 2 ? Double.NaN : 0.4 + random.nextDouble();
        run.metric(step, Map.of("loss", loss));
        run.metric(step, Map.of("learning_rate", rate));
        run.metric(step, Map.of("grad_norm", norm));
        if (step % (steps / 8) == 0) {
          run.metric(step, Map.of("eval_loss", loss + 0.1));
        }
      }
      run.done(Map.of("loss", 1.2, "note", "</script><script>alert(1)</script>"));
    }
    return RunReader.of(temp.resolve("run"));
  }

  @Test
  void png_isAPictureWithEachPanelDrawnInTheColorsOfItsLines() throws IOException {
    List<Path> written = Curves.of(tuning(400)).write();
    BufferedImage image =
        ImageIO.read(new ByteArrayInputStream(Files.readAllBytes(written.getFirst())));
    assertEquals(1440, image.getWidth());
    assertEquals(840, image.getHeight());
    for (int panel = 0; panel < 3; panel++) {
      BufferedImage part = image.getSubimage(panel % 2 * 720, panel / 2 * 420, 720, 420);
      assertTrue(pixels(part, 0x0072b2) > 300, "panel " + panel + " is blank");
    }
    assertTrue(pixels(image.getSubimage(0, 0, 720, 420), 0xd55e00) > 100, "eval_loss is missing");
    assertEquals(0, pixels(image.getSubimage(720, 420, 720, 420), 0x0072b2));
  }

  private static long pixels(BufferedImage image, int color) {
    return IntStream.range(0, image.getWidth() * image.getHeight())
        .filter(i -> (image.getRGB(i % image.getWidth(), i / image.getWidth()) & 0xffffff) == color)
        .count();
  }

  @Test
  void html_refersToNothingOutside_andShowsTextAsText() throws IOException {
    String page = Files.readString(Curves.of(tuning(100)).write().getLast());
    assertFalse(
        FETCHED.matcher(page).find(), () -> FETCHED.matcher(page).results().toList().toString());
    assertTrue(page.contains("default-src 'none'"));
    assertFalse(page.contains("<script>alert"));
    assertFalse(page.contains("{{"));
    assertTrue(page.contains("\"name\":\"learning_rate\""));
    assertEquals(4, page.split("<script", -1).length);
  }

  @Test
  void smoothing_isAWeightedMeanOfThePast() {
    Curve curve = new Curve("loss", new double[] {1, 2, 3}, new double[] {2, Double.NaN, 4});
    double[] smooth = curve.smoothed(0.9).values();
    assertEquals(2, smooth[0], 1e-12);
    assertTrue(Double.isNaN(smooth[1]));
    assertEquals((0.9 * 2 + 4) / 1.9, smooth[2], 1e-12);
  }

  @Test
  void thinning_keepsSpikesAndTheOrder() {
    double[] steps = IntStream.range(0, 100_000).asDoubleStream().toArray();
    double[] values = new double[steps.length];
    values[77_777] = 50;
    Curve thin = new Curve("loss", steps, values).thinned(2000);
    assertTrue(thin.steps().length <= 2000);
    int spike = IntStream.range(0, thin.values().length).filter(i -> thin.values()[i] == 50).sum();
    assertEquals(77_777, thin.steps()[spike]);
    for (int i = 1; i < thin.steps().length; i++) {
      assertTrue(thin.steps()[i] > thin.steps()[i - 1]);
    }
  }

  @Test
  void valuesThatAreNotFinite_areLeftOutOfThePicture() {
    Curve curve =
        new Curve("loss", new double[] {1, 2, 3}, new double[] {1, Double.POSITIVE_INFINITY, 3});
    assertArrayEquals(new double[] {1, 3}, curve.finite().steps());
  }

  @Test
  void oneValue_aConstant_andNoNumberAtAll_areDrawn() throws IOException {
    try (Run run = Run.open(temp.resolve("run"), RunRequest.of("eval"))) {
      run.metric(7, Map.of("accuracy", 0.5));
      for (int step = 0; step < 30; step++) {
        run.metric(step, Map.of("constant", 3));
        run.metric(step, Map.of("broken", Double.NaN));
      }
    }
    Curves curves = Curves.of(RunReader.of(temp.resolve("run")));
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(curves.png()));
    assertTrue(pixels(image.getSubimage(0, 0, 720, 420), 0x0072b2) > 5);
    assertTrue(pixels(image.getSubimage(720, 0, 720, 420), 0x0072b2) > 300);
    assertTrue(curves.html().contains("\"values\":[null,null"));
  }

  @Test
  void runWithoutMetrics_isNamed() {
    Run.open(temp.resolve("run"), RunRequest.of("index")).close();
    RunReader reader = RunReader.of(temp.resolve("run"));
    RunException e = assertThrows(RunException.class, () -> Curves.of(reader));
    assertTrue(e.getMessage().contains("no metric"), e.getMessage());
  }

  @Test
  void labels_areShort() {
    assertEquals("0", CurvesPicture.label(0));
    assertEquals("1e-04", CurvesPicture.label(1e-4));
    assertEquals("2.5", CurvesPicture.label(2.5));
    assertEquals("100", CurvesPicture.label(100));
  }
}
