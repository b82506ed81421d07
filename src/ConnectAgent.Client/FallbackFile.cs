using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.Client;

/// <summary>
/// The last credential in a file, sealed with AES-GCM: format, nonce, tag, and the sealed JSON of leaf and roots. The service's name is bound to it. Only the owner may
/// read the file and that of the key.
/// </summary>
internal sealed class FallbackFile(string path, string keyPath, string service)
{
    private const int KeyBytes = 32;
    private static ReadOnlySpan<byte> Format => "CAFB1\n"u8;
    private static readonly int NonceBytes = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagBytes = AesGcm.TagByteSizes.MaxSize;

    /// <summary>Replaces it whole.</summary>
    /// <exception cref="IOException">Neither it nor its key can be written.</exception>
    /// <exception cref="CryptographicException">The key file is none, or open to others.</exception>
    public void Write(LeafCertificate leaf, CaRoots roots)
    {
        var (leafJson, rootsJson) = (JsonSerializer.SerializeToUtf8Bytes(leaf, ApiJson.Default.LeafCertificate), JsonSerializer.SerializeToUtf8Bytes(roots, ApiJson.Default.CaRoots));
        var plain = new byte[sizeof(int) + leafJson.Length + rootsJson.Length];
        BinaryPrimitives.WriteInt32LittleEndian(plain, leafJson.Length);
        leafJson.CopyTo(plain, sizeof(int));
        rootsJson.CopyTo(plain, sizeof(int) + leafJson.Length);
        var sealedBytes = new byte[Format.Length + NonceBytes + TagBytes + plain.Length];
        Format.CopyTo(sealedBytes);
        RandomNumberGenerator.Fill(Nonce(sealedBytes));
        using (var aes = new AesGcm(Key(), TagBytes))
        {
            aes.Encrypt(Nonce(sealedBytes), plain, Cipher(sealedBytes), Tag(sealedBytes), Bound());
        }

        CryptographicOperations.ZeroMemory(plain);
        CryptographicOperations.ZeroMemory(leafJson);
        var next = path + ".new";
        File.Delete(next);
        Create(next, sealedBytes);
        File.Move(next, path, overwrite: true);
    }

    /// <summary>Reads it.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="CryptographicException">It, or its key, is not what was written for this service.</exception>
    public (LeafCertificate Leaf, CaRoots Roots)? Read()
    {
        if (!File.Exists(path))
        {
            return null;
        }

        RequirePrivate(path);
        var sealedBytes = File.ReadAllBytes(path);
        if (sealedBytes.Length < Format.Length + NonceBytes + TagBytes + sizeof(int) || !sealedBytes.AsSpan().StartsWith(Format))
        {
            throw new CryptographicException(path + " is no fallback file");
        }

        var plain = new byte[Cipher(sealedBytes).Length];
        using (var aes = new AesGcm(Key(), TagBytes))
        {
            aes.Decrypt(Nonce(sealedBytes), Cipher(sealedBytes), Tag(sealedBytes), plain, Bound());
        }

        try
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(plain);
            var rest = plain.AsSpan(sizeof(int));
            return (JsonSerializer.Deserialize(rest[..length], ApiJson.Default.LeafCertificate)!, JsonSerializer.Deserialize(rest[length..], ApiJson.Default.CaRoots)!);
        }
        catch (Exception error) when (error is JsonException or ArgumentOutOfRangeException)
        {
            throw new CryptographicException(path + " cannot be read: " + error.Message, error);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static Span<byte> Nonce(Span<byte> file) => file.Slice(Format.Length, NonceBytes);

    private static Span<byte> Tag(Span<byte> file) => file.Slice(Format.Length + NonceBytes, TagBytes);

    private static Span<byte> Cipher(Span<byte> file) => file[(Format.Length + NonceBytes + TagBytes)..];

    private static void Create(string file, ReadOnlySpan<byte> content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var stream = new FileStream(file, options);
        stream.Write(content);
        stream.Flush(flushToDisk: true);
    }

    private static void RequirePrivate(string file)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & Others) != UnixFileMode.None)
        {
            throw new CryptographicException(file + " is open to others: its mode must be 0600");
        }
    }

    private byte[] Bound() => [.. Format, .. Encoding.UTF8.GetBytes(service)];

    private byte[] Key()
    {
        if (!File.Exists(keyPath))
        {
            Create(keyPath, RandomNumberGenerator.GetBytes(KeyBytes));
        }

        RequirePrivate(keyPath);
        var key = File.ReadAllBytes(keyPath);
        return key.Length == KeyBytes ? key : throw new CryptographicException($"{keyPath} must hold {KeyBytes} bytes");
    }
}
