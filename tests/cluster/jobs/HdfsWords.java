import java.util.List;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.api.java.ExecutionEnvironment;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.fs.FileSystem.WriteMode;
import org.apache.flink.util.Collector;

/** Counts the words of INPUT into OUTPUT, then reads OUTPUT by a second job and prints what lies there. */
public class HdfsWords {
    public static void main(String[] arguments) throws Exception {
        String input = arguments[0];
        String output = arguments[1];
        ExecutionEnvironment environment = ExecutionEnvironment.getExecutionEnvironment();
        environment
                .readTextFile(input)
                .flatMap(new Words())
                .groupBy(0)
                .sum(1)
                .writeAsCsv(output, "\n", " ", WriteMode.NO_OVERWRITE);
        environment.execute("words of " + input);
        List<String> lines = environment.readTextFile(output).collect();
        lines.sort(null);
        System.out.println("HDFS-WORDS " + String.join(", ", lines));
    }

    /** A class of its own, so that its types need no lambda to be looked into. */
    public static class Words implements FlatMapFunction<String, Tuple2<String, Integer>> {
        @Override
        public void flatMap(String line, Collector<Tuple2<String, Integer>> found) {
            for (String word : line.toLowerCase().split("\\W+")) {
                if (!word.isEmpty()) {
                    found.collect(new Tuple2<>(word, 1));
                }
            }
        }
    }
}
