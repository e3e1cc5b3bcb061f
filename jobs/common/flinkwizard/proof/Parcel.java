package flinkwizard.proof;

import org.apache.flink.api.java.tuple.Tuple5;

/** What one sender sends to one key: key, sender, number, the sender's TaskManager, payload. */
@SuppressWarnings("unchecked")
public final class Parcel extends Tuple5<Integer, Integer, Long, String, byte[]> {
    private static final long serialVersionUID = 1L;

    public Parcel() {}

    Parcel(int key, int sender, long number, String from, byte[] payload) {
        super(key, sender, number, from, payload);
    }

    static byte[] payload(long number, int length) {
        byte[] payload = new byte[length];
        for (int i = 0; i < length; i++) {
            payload[i] = (byte) (number + i);
        }
        return payload;
    }

    boolean intact(int length) {
        if (f4.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (f4[i] != (byte) (f2 + i)) {
                return false;
            }
        }
        return true;
    }
}
