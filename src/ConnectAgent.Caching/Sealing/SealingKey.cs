using System.Security.Cryptography;
using ConnectAgent.Caching.Files;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching.Sealing;

/// <summary>A file with a key, 32 random bytes, made when it is first needed. It is private, what a killed writer left is cleared away, and a file that holds no key is set aside.</summary>
/// <param name="path">In a directory that exists.</param>
internal sealed class SealingKey(string path, TimeProvider clock, ILogger logger)
{
    /// <summary>The key, which the caller zeroes.</summary>
    /// <exception cref="IOException">It can be neither read nor made.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public byte[] ReadOrCreate()
    {
        PrivateFile.TryDelete(path + PrivateFile.TemporarySuffix);
        var key = GC.AllocateArray<byte>(SealedFormat.KeySize, pinned: true);
        using (var stream = Open())
        {
            if (stream?.Length == key.Length)
            {
                stream.ReadExactly(key);
                return key;
            }

            if (stream is not null)
            {
                logger.FileBad(path, $"{stream.Length} bytes are no key", 0);
                BadFiles.SetAside(path, clock, logger);
            }
        }

        RandomNumberGenerator.Fill(key);
        PrivateFile.Replace(path, stream => stream.Write(key), overwrite: false);
        return key;
    }

    private FileStream? Open()
    {
        try
        {
            return PrivateFile.OpenRead(path, logger);
        }
        catch (ForeignFileException error)
        {
            logger.FileBad(path, error.Message, 0);
            BadFiles.SetAside(path, clock, logger);
            return null;
        }
    }
}
