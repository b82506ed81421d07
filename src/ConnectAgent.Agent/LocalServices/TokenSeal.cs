using System.Security.Cryptography;
using System.Text;
using ConnectAgent.Caching.Sealing;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>
/// Seals the tokens of local services and checks for the disk, each for its place: AES-256-GCM with <c>local.key</c>, which is made with the first token.
/// Without a directory nothing reaches a disk, and the key is this process's.
/// </summary>
/// <remarks>As with the sealed cache: it keeps tokens from backups of one file without the other and from casual readers, from nobody else.</remarks>
internal sealed class TokenSeal : IDisposable
{
    public const string KeyName = "local.key";

    private const int NonceSize = 12;
    private const int TagSize = 16;
    private readonly Lock _gate = new();
    private readonly SealingKey? _key;
    private AesGcm? _cipher;

    public TokenSeal(string? directory, TimeProvider clock, ILogger logger) =>
        _key = directory is null ? null : new SealingKey(Path.Combine(Path.GetFullPath(directory), KeyName), clock, logger);

    /// <summary>Seals a token.</summary>
    /// <param name="place">Whose it is; it opens for nobody else.</param>
    /// <param name="token">Empty for none.</param>
    /// <returns>Null for none.</returns>
    /// <exception cref="IOException">The key can be neither read nor made.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public string? Seal(string place, string token)
    {
        if (token.Length == 0)
        {
            return null;
        }

        var plain = Encoding.UTF8.GetBytes(token);
        var sealedToken = new byte[NonceSize + plain.Length + TagSize];
        RandomNumberGenerator.Fill(sealedToken.AsSpan(0, NonceSize));
        lock (_gate)
        {
            Cipher().Encrypt(
                sealedToken.AsSpan(0, NonceSize), plain, sealedToken.AsSpan(NonceSize, plain.Length), sealedToken.AsSpan(NonceSize + plain.Length),
                Encoding.UTF8.GetBytes(place));
        }

        CryptographicOperations.ZeroMemory(plain);
        return Convert.ToBase64String(sealedToken);
    }

    /// <summary>Opens a sealed token.</summary>
    /// <returns>Null when it was sealed with another key, or for another place.</returns>
    /// <exception cref="IOException">As for <see cref="Seal"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public string? Open(string place, string sealedToken)
    {
        var bytes = new byte[sealedToken.Length];
        if (!Convert.TryFromBase64String(sealedToken, bytes, out var length) || length < NonceSize + TagSize)
        {
            return null;
        }

        var plain = new byte[length - NonceSize - TagSize];
        try
        {
            lock (_gate)
            {
                Cipher().Decrypt(
                    bytes.AsSpan(0, NonceSize), bytes.AsSpan(NonceSize, plain.Length), bytes.AsSpan(NonceSize + plain.Length, TagSize), plain,
                    Encoding.UTF8.GetBytes(place));
            }

            return Encoding.UTF8.GetString(plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    public void Dispose() => _cipher?.Dispose();

    private AesGcm Cipher()
    {
        if (_cipher is null)
        {
            var key = _key?.ReadOrCreate() ?? RandomNumberGenerator.GetBytes(SealedFormat.KeySize);
            _cipher = new AesGcm(key, TagSize);
            CryptographicOperations.ZeroMemory(key);
        }

        return _cipher;
    }
}
