// The part of Foundation that the bridge and darwinkit's objc package use, written from Apple's public documentation. The fake Metal on Linux
// implements what encode.m needs of it; the check of the macOS build compiles against all of it.
#ifndef SIGHTGLASS_FOUNDATION_H
#define SIGHTGLASS_FOUNDATION_H
#include <stddef.h>
#include <stdint.h>
#ifdef __APPLE__
#include <objc/NSObject.h>
typedef double CFTimeInterval;
#else
typedef signed char BOOL;
#define YES ((BOOL)1)
#define NO ((BOOL)0)
#define nil ((id)0)
typedef unsigned long NSUInteger;
typedef long NSInteger;
typedef double CFTimeInterval;
@protocol NSObject
- (instancetype)retain;
- (oneway void)release;
- (instancetype)autorelease;
@end
__attribute__((objc_root_class))
@interface NSObject <NSObject> {
@public
	Class isa;
	int references; // besides the first
	BOOL dead;
}
+ (instancetype)alloc;
+ (instancetype)new;
- (instancetype)init;
- (void)dealloc;
@end
#endif

#ifndef IBAction
#define IBAction void
#endif
typedef unsigned char Byte;
typedef double NSTimeInterval;
typedef struct { NSUInteger location, length; } NSRange;
typedef NSUInteger NSStringEncoding;
enum { NSUTF8StringEncoding = 4 };

@protocol NSCopying
- (id)copyWithZone:(void *)zone;
@end
@protocol NSMutableCopying
- (id)mutableCopyWithZone:(void *)zone;
@end
@protocol NSCoding
@end
@protocol NSSecureCoding <NSCoding>
@end

#ifdef __APPLE__
#define FAKE_FIELDS(...)
#else
#define FAKE_FIELDS(...) { __VA_ARGS__ }
#endif
@interface NSString : NSObject FAKE_FIELDS(char *text;)
+ (instancetype)stringWithUTF8String:(const char *)text;
- (const char *)UTF8String;
- (NSUInteger)length;
@end

@interface NSError : NSObject FAKE_FIELDS(NSInteger code; NSString *text;)
- (NSInteger)code;
- (NSString *)localizedDescription;
@end

@interface NSAutoreleasePool : NSObject FAKE_FIELDS(NSAutoreleasePool *outer; id *objects; int n, room;)
- (void)drain;
@end

@interface NSURL : NSObject
@end

#ifdef __APPLE__
@interface NSData : NSObject
+ (instancetype)data;
+ (instancetype)dataWithBytes:(const void *)bytes length:(NSUInteger)length;
@property(readonly) const void *bytes;
@property(readonly) NSUInteger length;
@end

@interface NSArray : NSObject
@property(readonly) NSUInteger count;
- (id)objectAtIndex:(NSUInteger)i;
@end
@interface NSMutableArray : NSArray
+ (instancetype)arrayWithCapacity:(NSUInteger)n;
- (void)addObject:(id)o;
@end

@interface NSDictionary : NSObject
@property(readonly) NSUInteger count;
@property(readonly, copy) NSArray *allKeys;
- (id)objectForKey:(id)k;
- (id)objectForKeyedSubscript:(id)k;
@end
@interface NSMutableDictionary : NSDictionary
+ (instancetype)dictionaryWithCapacity:(NSUInteger)n;
- (void)setObject:(id)o forKey:(id)k;
@end
#endif
#if __has_include(<Foundation/darwinkit_protocols.h>)
#import <Foundation/darwinkit_protocols.h>
#endif
#endif
